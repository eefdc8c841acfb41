/** Making and removing TPC-H data sets: what it costs is said before it starts. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { FaultlineError, invalid, normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { formatBytes, formatDuration } from '../../base/units.ts';
import type { EngineTarget } from '../../engine/engine.ts';
import { checkScale, parseScale } from '../../workload/tpch/scale.ts';
import type { Commands } from '../contribute.ts';
import type { Notifier } from '../notify.ts';
import { defaultScale, type WindowDataSets } from '../session/dataSets.ts';
import type { Session } from '../session/session.ts';
import { isTarget, targetName } from '../session/targets.ts';

export interface DataSetCommandParts {
  readonly commands: Commands;
  readonly notifier: Notifier;
  readonly session: Session;
  readonly dataSets: WindowDataSets;
  /** Lets go of a data set that is going to be removed: the query host has its file open. */
  readonly release: (target: EngineTarget) => Promise<void>;
}

const offered = [defaultScale, 0.1, 1, 10] as const;

export function registerDataSetCommands(parts: DataSetCommandParts): Disposable {
  const { commands } = parts;
  return vscode.Disposable.from(
    commands.register('faultline.createDataSet', async (argument) => {
      const scale = typeof argument === 'number' ? checkScale(argument) : await chooseScale(parts);
      if (scale !== undefined) await create(scale, parts);
    }),
    commands.register('faultline.removeDataSet', async (item) => {
      const scale = scaleOf(item) ?? (await chooseMade(parts));
      if (scale !== undefined) await remove(scale, parts);
    }),
  );
}

async function create(scale: number, { dataSets, session, notifier }: DataSetCommandParts): Promise<void> {
  const target: EngineTarget = { kind: 'tpch', scale, path: dataSets.pathOf(scale) };
  const name = targetName(target);
  if (!(await dataSets.isMade(scale))) {
    const options = { location: vscode.ProgressLocation.Notification, title: t('Making {0}', name), cancellable: true };
    await vscode.window.withProgress(options, async (progress, token) => {
      const abort = new AbortController();
      const stopping = token.onCancellationRequested(() => abort.abort());
      let shown = 0;
      try {
        await dataSets.ensure(scale, abort.signal, ({ fraction, waiting }) => {
          if (waiting) progress.report({ message: t('another window or terminal is making it') });
          const percent = Math.floor((fraction ?? 0) * 100);
          if (percent <= shown) return;
          progress.report({ message: `${percent} %`, increment: percent - shown });
          shown = percent;
        });
      } finally {
        stopping.dispose();
      }
    });
  }
  await session.select(target);
  notifier.tell(t('SQL statements of this window now run on {0}.', name));
}

async function remove(scale: number, { dataSets, session, release, notifier }: DataSetCommandParts): Promise<void> {
  const target: EngineTarget = { kind: 'tpch', scale, path: dataSets.pathOf(scale) };
  const name = targetName(target);
  const size = (await dataSets.list()).find((set) => set.scale === scale)?.sizeBytes;
  if (size === undefined) throw invalid(t('{0} is not there', name));
  const removal = t('Remove');
  const detail = t('{0} of disk space are freed. It can be made again at any time.', formatBytes(size));
  if ((await vscode.window.showWarningMessage(t('Remove {0}?', name), { modal: true, detail }, removal)) !== removal) return;
  await release(target);
  await dataSets.remove(scale);
  await session.forget(target);
  notifier.tell(t('{0} was removed.', name));
}

async function chooseScale(parts: DataSetCommandParts): Promise<number | undefined> {
  const { dataSets } = parts;
  const items = await Promise.all(
    offered.map(async (scale) => {
      const { text, fits } = await describe(scale, dataSets);
      return { label: t('TPC-H {0}', scale), description: text, scale, fits };
    }),
  );
  const other = { label: t('Another scale factor…'), scale: undefined };
  const chosen = await vscode.window.showQuickPick([...items, other], { title: t('Make TPC-H data at which scale factor?') });
  if (!chosen) return undefined;
  return chosen.scale ?? (await enterScale(dataSets));
}

async function enterScale(dataSets: WindowDataSets): Promise<number | undefined> {
  const entered = await vscode.window.showInputBox({
    title: t('Scale factor of TPC-H'),
    prompt: t('At scale factor 1 the table lineitem has 6 million rows.'),
    validateInput: async (text) => {
      if (text.trim() === '') return undefined;
      const { Info, Error: Refused } = vscode.InputBoxValidationSeverity;
      const scale = scaleOrProblem(text);
      if (typeof scale === 'string') return { message: scale, severity: Refused };
      const { text: facts, fits } = await describe(scale, dataSets);
      return { message: facts, severity: fits ? Info : Refused };
    },
  });
  return entered === undefined || entered.trim() === '' ? undefined : parseScale(entered);
}

/** "about 250 MB · about 6 s", and whether the disk has room. */
async function describe(scale: number, dataSets: WindowDataSets): Promise<{ readonly text: string; readonly fits: boolean }> {
  if (await dataSets.isMade(scale)) return { text: t('already there'), fits: true };
  const { sizeBytes, peakBytes, durationMs, freeBytes } = await dataSets.estimate(scale);
  const fits = freeBytes >= peakBytes;
  const cost = t('about {0} of disk, about {1}', formatBytes(sizeBytes), formatDuration(durationMs));
  return fits ? { text: cost, fits } : { text: t('{0}; only {1} are free', cost, formatBytes(freeBytes)), fits };
}

async function chooseMade({ dataSets }: DataSetCommandParts): Promise<number | undefined> {
  const made = (await dataSets.list()).filter(({ sizeBytes }) => sizeBytes !== undefined);
  if (made.length === 0) throw new FaultlineError('notFound', { what: t('There is no data set to remove') });
  const items = made.map(({ scale, sizeBytes }) => ({ label: t('TPC-H {0}', scale), description: formatBytes(sizeBytes ?? 0), scale }));
  return (await vscode.window.showQuickPick(items, { title: t('Remove which data set?') }))?.scale;
}

function scaleOrProblem(text: string): number | string {
  try {
    return parseScale(text);
  } catch (error) {
    return normalise(error).message;
  }
}

function scaleOf(item: unknown): number | undefined {
  if (typeof item !== 'object' || item === null || !('target' in item) || !isTarget(item.target)) return undefined;
  return item.target.kind === 'tpch' ? item.target.scale : undefined;
}
