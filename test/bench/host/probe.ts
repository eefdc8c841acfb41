/** An extension that measures from inside the extension host. Bundled by workbench.ts; not part of Faultline. */
import { connect as connectSocket } from 'node:net';
import * as vscode from 'vscode';
import { connect } from '../../../src/base/rpc.ts';
import type { TestApi } from '../../../src/extension.ts';
import type { StatementToRun } from '../../../src/ui/session/statement.ts';
import { closePanels, computedSoFar, openPanel, runSpec, stopRun } from './benchmarks.ts';
import { calm, LoopWatch } from './loop.ts';
import { portOf, portVariable, type Activation, type ProbeApi, type StartedRun } from './protocol.ts';

export function activate(context: vscode.ExtensionContext): void {
  const socket = connectSocket(Number(process.env[portVariable]), '127.0.0.1');
  const loop = new LoopWatch();
  const api: ProbeApi = {
    calm: () => calm(),
    activate: async (ids) => {
      const found = ids.map((id) => extensionOf(id));
      const early = found.find((extension) => extension.isActive);
      if (early) throw new Error(`${early.id} was active before it was measured`);
      const took: Activation[] = [];
      for (const extension of found) {
        const start = performance.now();
        await extension.activate();
        took.push({ id: extension.id, tookMs: performance.now() - start });
      }
      return took;
    },
    run: async (sql) => runStatement(await faultline(), sql),
    sort: async (tab, column, descending) => (await faultline()).calls.setView(tab, { sort: [{ column, descending }], filters: [] }),
    exportResult: async (result, format, path) => {
      await (await faultline()).services.query.api.exportResult({ runId: `bench-${path}`, result, format, path });
    },
    page: async (tab, windows, rows) => {
      const { calls, services } = await faultline();
      const count = services.tabs.get(tab)?.state.viewRowCount ?? 0;
      let read = 0;
      for (let i = 0; i < windows; i++) read += (await calls.window(tab, Math.floor((i * 7919 * rows) % count), rows)).rows.length;
      return read;
    },
    closeResults: async () => {
      const { services } = await faultline();
      for (const { state } of services.tabs.all()) services.tabs.close(state.id);
    },
    runSpec,
    openPanel,
    closePanels,
    stopRun,
    computedSoFar: async () => computedSoFar(),
    watchLoop: async (phase) => loop.phase(phase),
    loopFacts: async () => loop.facts(),
  };
  connect<object, ProbeApi>(portOf(socket), api);
  context.subscriptions.push({ dispose: () => void socket.destroy() }, loop);
}

function extensionOf(id: string): vscode.Extension<unknown> {
  const extension = vscode.extensions.getExtension(id);
  if (extension === undefined) throw new Error(`The workbench does not know ${id}.`);
  return extension;
}

async function faultline(): Promise<TestApi> {
  const api = await vscode.extensions.getExtension<TestApi | undefined>('faultline.faultline')?.activate();
  if (api === undefined) throw new Error('Faultline does not run in development mode.');
  return api;
}

async function runStatement({ services, calls }: TestApi, sql: string): Promise<StartedRun> {
  const { runner, query, session, tabs } = services;
  const statement: StatementToRun = { sql, title: 'bench', opens: 'rows' };
  let askedAt = 0;
  let firstRowsAt = 0;
  let windowAskedAt = 0;
  let windowReadAt = 0;
  const { window } = calls;
  calls.window = async (...args) => {
    // The run that is going on has the newest tab.
    const isOurs = windowAskedAt === 0 && args[0] === tabs.all().at(-1)?.state.id;
    if (isOurs) windowAskedAt = Date.now();
    const answer = await window(...args);
    if (isOurs) windowReadAt = Date.now();
    return answer;
  };
  const listening = [
    // It becomes `running` in the turn in which the query host is asked.
    runner.changed.listen(() => {
      if (askedAt === 0 && runner.active[0]?.phase === 'running') askedAt = Date.now();
    }),
    query.progress.listen((event) => {
      if (firstRowsAt === 0 && event.result !== undefined) firstRowsAt = Date.now();
    }),
  ];
  try {
    const run = await runner.run(statement, session.target);
    if (run.outcome !== 'done') throw new Error(`${sql}: ${run.outcome} ${run.error?.message ?? ''}`);
    const result = tabs.get(run.tab)?.result ?? '';
    return { tab: run.tab, result, rows: run.rowCount, askedAt, firstRowsAt, windowAskedAt, windowReadAt, endedAt: Date.now() };
  } finally {
    for (const each of listening) each.dispose();
    calls.window = window;
  }
}
