/** The same statement on two engines: their answers compared by type, the differences in a tab of the results. */
import * as vscode from 'vscode';
import { invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { engineNames } from '../../base/target.ts';
import type { EngineTarget } from '../../engine/engine.ts';
import { engineOf } from '../../engine/target.ts';
import type { Library } from '../../workload/library.ts';
import type { ClusterUi } from '../clusters.ts';
import type { Statements } from '../editor/statements.ts';
import { comparedWords, furtherEngines, type EngineOfCluster } from '../session/comparing.ts';
import type { Clusters } from '../session/clusters.ts';
import type { DataSetList } from '../session/dataSets.ts';
import type { StatementRunner } from '../session/runner.ts';
import type { Session } from '../session/session.ts';
import { isTarget, sameTarget, targetName } from '../session/targets.ts';

export interface CompareParts {
  readonly statements: Statements;
  readonly session: Session;
  readonly dataSets: DataSetList;
  readonly library: () => Library;
  readonly runner: StatementRunner;
  readonly clusters: Pick<Clusters, 'open'>;
  readonly serverIn: ClusterUi['serverIn'];
}

export async function compareEngines(parts: CompareParts, argument: unknown, other: unknown): Promise<void> {
  const { statements, session, library, runner } = parts;
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
}

interface OtherItem extends vscode.QuickPickItem {
  readonly target?: EngineTarget;
  readonly engine?: EngineOfCluster;
  readonly command?: 'faultline.connectServer' | 'workbench.view.extension.faultline';
}

/** Targets of this window, then engines of the clusters that are open: those are asked for their tables first. */
async function chooseOther({ session, dataSets, clusters, serverIn }: CompareParts): Promise<EngineTarget | undefined> {
  const { isTrusted } = vscode.workspace;
  const sets = (await dataSets.list()).map(({ scale, path }): EngineTarget => ({ kind: 'tpch', scale, path }));
  const own = isTrusted ? [...session.servers, ...session.files.map((path): EngineTarget => ({ kind: 'file', path }))] : [];
  const others = [...sets, ...own].filter((target) => !sameTarget(target, session.target));
  const further = isTrusted ? furtherEngines(clusters.open, [...session.servers, session.target]) : [];
  const items: OtherItem[] = [
    ...others.map((target) => ({ label: targetName(target), description: engineNames[engineOf(target)], target })),
    ...further.map((engine) => ({
      label: `${engine.instance.namespace}/${engine.instance.name}`,
      description: `${engine.context.name} · ${engine.instance.health.word}`,
      engine,
    })),
    { label: `$(plug) ${t('Connect to a Server…')}`, command: 'faultline.connectServer' },
    ...(clusters.open.length > 0
      ? []
      : [
          {
            label: `$(server-environment) ${t('Engines of a cluster…')}`,
            description: t('open it in the Clusters view: its engines are listed here then'),
            command: 'workbench.view.extension.faultline' as const,
          },
        ]),
  ];
  const title = t('Compare {0} with', targetName(session.target));
  const chosen = await vscode.window.showQuickPick(items, { title, matchOnDescription: true });
  if (chosen?.command !== undefined) await vscode.commands.executeCommand(chosen.command);
  return chosen?.engine === undefined ? chosen?.target : serverIn(chosen.engine.context, chosen.engine.instance);
}
