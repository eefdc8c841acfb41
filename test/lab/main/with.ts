/** `lab up --with`: engines, installed by the very command that a person has: `faultline deploy`. */
import { delimiter, join } from 'node:path';
import { contextOf } from '../../../src/cli/context.ts';
import { runDeploy } from '../../../src/cli/deploy.ts';
import { exitCodes } from '../../../src/cli/terminal.ts';
import { formatDuration } from '../../../src/base/units.ts';
import { FaultlineError, invalid } from '../../../src/base/errors.ts';
import { builtInCharts } from '../../../src/deploy/chart.ts';
import { SetupError } from '../../workbench/cache.mjs';
import { LAB_LABEL } from '../lab.ts';
import type { RunningLab } from '../lab.ts';
import { apiOf, loadKubeconfig, unlessGone } from '../use/api.ts';
import type { Edges } from './edges.ts';
import { helmFolder } from './helm.ts';

/** Of all engines of a lab: one place to look, and one that `down` takes away. */
export const ENGINES_NAMESPACE = 'engines';
/** Small, and with room for each other on one machine. */
const PROFILE = 'lab';
const ROOT = join(import.meta.dirname, '..', '..', '..');

/** Names of built-in charts, checked before anything starts. Fails: `invalid`. */
export async function engineNames(text: string): Promise<readonly string[]> {
  const charts = await builtInCharts(join(ROOT, 'media', 'charts'));
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  for (const name of names) {
    const chart = charts.find((one) => one.name === name);
    if (chart === undefined) throw invalid(`There is no engine ${name}`, `There are: ${charts.map((one) => one.name).join(', ')}.`);
  }
  return names;
}

/** One after the other: each takes what processors there are. Fails: SetupError when one does not become ready. */
export async function installEngines(
  lab: RunningLab,
  names: readonly string[],
  edges: Pick<Edges, 'progress' | 'signal' | 'print'>,
): Promise<void> {
  const { kubeconfig, number } = lab;
  await makeNamespace(lab, edges.signal);
  const folder = await helmFolder(edges.progress);
  const env = folder === undefined ? process.env : { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };
  const { name: context } = await contextOf(undefined, kubeconfig, env);
  const { stdout, stderr, stdin } = process;
  const terminal = { stdout, stderr, stdin, env, signal: edges.signal };
  for (const chart of names) {
    const startedMs = performance.now();
    // Whose cluster this is was asked by "up".
    const asked = { chart, profile: PROFILE, namespace: ENGINES_NAMESPACE, kubeconfig, yes: true, confirmCluster: context };
    const code = await runDeploy(asked, terminal, { root: ROOT }).catch((error: unknown) => {
      throw FaultlineError.is(error) ? new SetupError(error.message) : error;
    });
    if (code !== exitCodes.done)
      throw new SetupError(
        `${chart} was not installed. Run "npm run lab -- up --lab ${number} --with ${names.join(',')}" again: it goes on.`,
      );
    edges.print(`${chart} is ready in namespace ${ENGINES_NAMESPACE} after ${formatDuration(performance.now() - startedMs)}.\n`);
  }
}

/** With the lab's label, by which "down" finds it in a cluster that stays. */
async function makeNamespace({ kubeconfig, number }: RunningLab, signal: AbortSignal): Promise<void> {
  const { core } = apiOf(loadKubeconfig(kubeconfig, 'default'), signal);
  const found = await unlessGone(core.readNamespace({ name: ENGINES_NAMESPACE }));
  if (found === undefined) {
    await core.createNamespace({ body: { metadata: { name: ENGINES_NAMESPACE, labels: { [LAB_LABEL]: String(number) } } } });
  } else if (found.metadata?.labels?.[LAB_LABEL] !== String(number)) {
    throw new SetupError(
      `The cluster has a namespace ${ENGINES_NAMESPACE} that is not of lab ${number}. Remove it, or install the engines yourself.`,
    );
  }
}
