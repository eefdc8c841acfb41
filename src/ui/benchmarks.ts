/** Benchmarks and runs in the window: their commands, view, panels and status, and what an end tells. */
import * as vscode from 'vscode';
import { t } from '../base/messages.ts';
import type { RunPlan } from '../journal/plan.ts';
import type { RunRecord } from '../journal/runs.ts';
import { openText, registerBenchmarkCommands } from './commands/benchmark.ts';
import { RunExports } from './commands/exportRun.ts';
import { openCopy } from './commands/library.ts';
import { chooseRun, isBenchmark, noSpec, registerRunCommands, runOf, stopRun } from './commands/runs.ts';
import type { FaultUi } from './faults/register.ts';
import type { EditorParts } from './editor/editor.ts';
import { needsTrust } from './notify.ts';
import { LatencyPanels } from './panels/histogram/panel.ts';
import type { Services } from './services.ts';
import { defaultScale } from './session/dataSets.ts';
import type { EndedBenchmark } from './session/runs.ts';
import { asSentence, endMark, markOf, markWord } from './session/runWords.ts';
import { registerBenchmarkStatus } from './status/benchmarks.ts';
import { registerRunsTree } from './tree/runs.ts';

export interface BenchmarkUi {
  readonly latency: LatencyPanels;
}

export function registerBenchmarks(services: Services, { statements }: EditorParts, faults: Pick<FaultUi, 'previewDocument'>): BenchmarkUi {
  const { context, store, commands, notifier, log, settings, session, dataSets, library, clock, runRoom, runs, runList } = services;
  const { wallMs } = clock;
  const record = (run: string): Promise<RunRecord> => runRoom.record(run);
  const choose = (title: string): Promise<string | undefined> => chooseRun({ list: runList, wallMs }, title);

  const start = async (plan: RunPlan): Promise<string> => {
    if (!vscode.workspace.isTrusted && plan.arms.some(({ target }) => target.kind !== 'tpch'))
      throw needsTrust(t('Own data files are not opened'));
    const options = { location: vscode.ProgressLocation.Window, title: t('Starting the benchmark {0}', plan.name) };
    const run = await vscode.window.withProgress(options, () => runs.start(plan));
    await latency.show(run);
    return run;
  };
  const openSpec = async (run: string): Promise<vscode.Uri> => {
    const { header } = await record(run);
    const text = header?.plan.specText;
    if (header === undefined || text === undefined) throw noSpec(run);
    return openText(text, header.plan.name);
  };
  const reported = async (what: string, work: Promise<unknown>): Promise<void> => {
    // A dialog's failure belongs in a message: the page shows what concerns its figures.
    await work.catch((error: unknown) => notifier.report(error, what));
  };

  const exports = new RunExports({
    commands,
    notifier,
    record,
    choose,
    otherOf: (run) => latency.factsOf(run)?.b?.run,
    report: (request) => runRoom.report(request),
  });
  const latency: LatencyPanels = store.add(
    new LatencyPanels({
      extensionUri: context.extensionUri,
      log,
      record,
      read: (found, offset) => runRoom.read(found, offset),
      mark: async (found) => markOf(found, await summaryIfOver(found, services)),
      actions: {
        stop: (run) => reported('stop of a run', stopRun(run, runs, notifier)),
        heal: (run) => reported('heal of a fault', runs.heal(run)),
        savePicture: (run, format, bytes) => reported('picture of a run', exports.writePicture(run, format, bytes)),
        chooseOther: (run) => chooseRun({ list: runList, wallMs }, t('Compare it with which run?'), isBenchmark, run),
        export: (run, format) => reported('export of a run', exports.write(run, format)),
        openSpec: (run) => reported('spec of a run', openSpec(run)),
        openStatement: async (run, index) => {
          const statement = (await record(run)).header?.plan.statements[index];
          if (statement) await openCopy(`-- ${statement.name}\n${statement.sql};\n`);
        },
        runAgain: async (run) => {
          const plan = (await record(run)).header?.plan;
          if (plan?.fault !== undefined) await reported('spec of a run', openSpec(run));
          else if (plan) await reported('run again', start(plan));
        },
        copyText: async (text) => vscode.env.clipboard.writeText(text),
        openLog: () => log.show(),
      },
    }),
  );

  store.add(exports.register());
  store.add(
    commands.register('faultline.openRunSpec', async (argument) => {
      const run = runOf(argument) ?? (await choose(t('Open the spec of which run?')));
      return run === undefined ? undefined : openSpec(run);
    }),
  );
  store.add(registerRunCommands({ commands, notifier, list: runList, runs, panels: latency, store: runRoom.store, wallMs }));
  store.add(
    registerBenchmarkCommands({
      commands,
      settings,
      statements,
      session,
      library,
      specs: runRoom.specs,
      defaultTarget: { kind: 'tpch', scale: defaultScale, path: dataSets.pathOf(defaultScale) },
      start,
      preview: (document, { draft }) => faults.previewDocument(document, draft.cluster),
    }),
  );
  store.add(registerBenchmarkStatus({ runs, wallMs }));
  store.add(registerRunsTree({ list: runList, runs, setContext: (key, value) => services.contextKeys.set(key, value), wallMs }));
  store.add(
    runs.ended.listen((ended) => {
      runList.changed.fire();
      // It may have made the data set that it ran on.
      dataSets.changed.fire();
      latency.runEnded(ended.run).catch((error: unknown) => log.error(`end of run ${ended.run}`, error));
      if (!latency.isVisible(ended.run)) tellEnd(ended, services, latency);
    }),
  );
  // A reloaded window takes up what it left behind, whether or not one of our views is looked at: the run waits a minute for it.
  const adopting = runs.hasUnfinished ? setTimeout(() => void runs.adopt(), 0) : undefined;
  store.add({ dispose: () => clearTimeout(adopting) });
  return { latency };
}

async function summaryIfOver(record: RunRecord, { runRoom }: Services): Promise<Parameters<typeof markOf>[1]> {
  return record.state === 'ended' ? runRoom.summary(record) : undefined;
}

/** Nobody looks at its panel: verdict and reason in a message. */
function tellEnd({ run, name, summary }: EndedBenchmark, { notifier }: Services, latency: LatencyPanels): void {
  const mark = summary ? endMark(summary) : 'unknown';
  if (mark === 'stopped') return;
  const text = summary
    ? t('{0}: {1}. {2}', name, markWord(mark), asSentence(summary.reason))
    : t('{0} has ended, and its journal can’t be read.', name);
  const open = { title: t('Open'), run: () => latency.show(run, { takeFocus: true }) };
  if (mark === 'passed') notifier.tell(text, open);
  else notifier.warn(text, open);
}
