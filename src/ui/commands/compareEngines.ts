/** The same statement on two engines: their answers compared by type, the differences in a tab of the results. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { engineNames } from '../../base/target.ts';
import type { EngineTarget } from '../../engine/engine.ts';
import { engineOf } from '../../engine/target.ts';
import type { Library } from '../../workload/library.ts';
import type { Commands } from '../contribute.ts';
import type { Statements } from '../editor/statements.ts';
import { comparedWords } from '../session/comparing.ts';
import type { DataSetList } from '../session/dataSets.ts';
import type { StatementRunner } from '../session/runner.ts';
import type { Session } from '../session/session.ts';
import { isTarget, sameTarget, targetName } from '../session/targets.ts';

export interface CompareParts {
  readonly commands: Commands;
  readonly statements: Statements;
  readonly session: Session;
  readonly dataSets: DataSetList;
  readonly library: () => Library;
  readonly runner: StatementRunner;
}

export function registerCompareEngines(parts: CompareParts): Disposable {
  const { commands, statements, session, library, runner } = parts;
  return commands.register('faultline.compareEngines', async (argument, other) => {
    const { document, statements: meant } = await statements.meant(argument);
    const [first, ...more] = meant;
    if (!first || more.length > 0)
      throw invalid(t('{0} statements are selected; one can be compared at a time', meant.length), t('Put the cursor into it.'));
    const target = isTarget(other) ? other : await chooseOther(parts);
    if (target === undefined) return;
    const statement = statements.toRun(document, first, 'rows');
    const { a, b, otherWords } = comparedWords(statement.sql, await library().entries(), session.target, target);
    const against = { target, sql: b, ...(otherWords === undefined ? {} : { otherWords }) };
    const title = t('{0}: {1} against {2}', statement.title, engineNames[engineOf(session.target)], engineNames[engineOf(target)]);
    await runner.run({ ...statement, sql: a, title, against }, session.target);
  });
}

async function chooseOther({ session, dataSets }: CompareParts): Promise<EngineTarget | undefined> {
  const sets = (await dataSets.list()).map(({ scale, path }): EngineTarget => ({ kind: 'tpch', scale, path }));
  const own = vscode.workspace.isTrusted
    ? [...session.servers, ...session.files.map((path): EngineTarget => ({ kind: 'file', path }))]
    : [];
  const others = [...sets, ...own].filter((target) => !sameTarget(target, session.target));
  if (others.length === 0)
    throw invalid(t('There is no second engine to compare with'), t('Connect to a server, or make a TPC-H data set of another scale.'));
  const items = others.map((target) => ({ label: targetName(target), description: engineNames[engineOf(target)], target }));
  const title = t('Compare {0} with', targetName(session.target));
  return (await vscode.window.showQuickPick(items, { title, matchOnDescription: true }))?.target;
}
