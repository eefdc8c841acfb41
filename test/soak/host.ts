/** A run that is begun in the real workbench, whose extension host is then killed. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { until } from '../e2e/person.ts';
import { processesOf } from '../e2e/processes.ts';
import { Workbench } from '../e2e/workbench.ts';
import type { Ground, Meets } from './round.ts';
import { killed } from './victims.ts';

const BEGIN_MS = 120_000;

/** The workbench is opened when the round has its target; `close` ends it. */
export function inWorkbench({ root, home, lab }: Ground): { readonly meets: Meets; readonly close: () => Promise<void> } {
  let workbench: Workbench | undefined;
  const begin = async (spec: string): Promise<string> => {
    const folder = dirname(spec);
    const bench = await Workbench.open({ extension: root, folder, home, env: { KUBECONFIG: lab.kubeconfig } });
    workbench = bench;
    await bench.openFile(basename(spec));
    await bench.runCommand('Faultline: Run Benchmark File');
    const page = await bench.webviewFrame(`Break ${basename(spec, '.faultline.yaml')}`);
    const before = runsIn(home);
    // What is confirmed is a preview, which takes a while beside the other rounds.
    await page.locator('.go vscode-button[appearance=primary]:not([disabled])').click({ timeout: BEGIN_MS });
    const begun = (): string | undefined =>
      runsIn(home).find((run) => !before.includes(run) && existsSync(join(home, 'runs', run, 'journal.ndjson')));
    await until('the run has begun', () => begun() !== undefined, BEGIN_MS).catch(async (error: unknown) => {
      throw new Error(`${String(error)} The page: ${await page.locator('body').innerText()}`);
    });
    return join(home, 'runs', begun() ?? '');
  };
  return {
    meets: {
      begin,
      begun: () => undefined,
      struck: undefined,
      strike: async () => (workbench === undefined ? undefined : killed('extension host', processesOf(workbench, '--type=extensionHost'))),
    },
    close: async () => workbench?.close(),
  };
}

function runsIn(home: string): readonly string[] {
  try {
    return readdirSync(join(home, 'runs'));
  } catch {
    return [];
  }
}
