/** `faultline deploy`: charts into clusters, from the terminal. */
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { FaultlineError } from '../base/errors.ts';
import { faultlineHome } from '../base/home.ts';
import { isLab } from '../cluster/act/lab.ts';
import { consentTo, nameToType } from '../cluster/act/protection.ts';
import type { ClusterChange, Consent, Protection } from '../cluster/act/protection.ts';
import { connectCluster } from '../cluster/connect/connection.ts';
import type { ClusterIdentity, Deployer, DeployEvent, HeldPlan } from '../deploy/deploy.ts';
import type { ReleaseName, ReleaseState } from '../deploy/release.ts';
import { openDeployer } from '../deploy/deployer.ts';
import { findHelm } from '../deploy/helm/find.ts';
import { isUnchanged } from '../deploy/run.ts';
import { sweepScratch } from '../deploy/scratch.ts';
import { contextOf } from './context.ts';
import { diffText, healthText, jsonOfPlan, listText, planText, ProgressLines, uninstallText } from './deploy-words.ts';
import { describe, exitCodeOf } from './failure.ts';
import { exitCodes, write, type Terminal } from './terminal.ts';

export interface DeployPaths {
  readonly root: string;
}

interface PlaceArguments {
  readonly namespace?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly json?: boolean;
}

interface LimitArguments {
  readonly timeout?: number;
  readonly yes?: boolean;
  readonly confirmCluster?: string;
}

export interface DeployArguments extends PlaceArguments, LimitArguments {
  readonly chart: string;
  readonly profile?: string;
  readonly values?: readonly string[];
  readonly set?: readonly string[];
  readonly release?: string;
  readonly version?: string;
  readonly repo?: string;
  readonly diff?: boolean;
  readonly dryRun?: boolean;
  readonly rollbackOnFailure?: boolean;
  readonly recreate?: boolean;
}

export interface ReleaseArguments extends PlaceArguments, LimitArguments {
  readonly release: string;
}

const DEADLINE_MS = 600_000;

interface Session {
  readonly deployer: Deployer;
  readonly namespace: string;
  readonly protection: Protection;
}

async function opened(
  args: PlaceArguments,
  terminal: Terminal,
  paths: DeployPaths,
  work: (session: Session) => Promise<number>,
): Promise<number> {
  const { env, signal } = terminal;
  await sweepScratch(faultlineHome(env));
  const helm = await findHelm(env);
  const context = await contextOf(args.context, args.kubeconfig, env);
  // Without the signal: after Ctrl+C the lock is still let go over it.
  const connection = await connectCluster(context, { env });
  try {
    const deployer = openDeployer({ connection, helm, env, chartsFolder: join(paths.root, 'media', 'charts') });
    const protection = { context: context.name, server: connection.server, knownBy: 'nothing' } as const;
    return await work({
      deployer,
      namespace: args.namespace ?? connection.defaultNamespace,
      protection: { ...protection, level: (await isLab(connection)) ? 'open' : 'confirm' },
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    // Ctrl+C: what it leaves and how to go on is worth a line.
    terminal.stderr.write(describe(error));
    return exitCodeOf(error);
  } finally {
    connection.close();
  }
}

export function runDeploy(args: DeployArguments, terminal: Terminal, paths: DeployPaths): Promise<number> {
  return opened(args, terminal, paths, async ({ deployer, namespace, protection }) => {
    const request = {
      chart: args.chart,
      release: args.release ?? nameOf(args.chart),
      namespace,
      ...(args.version === undefined ? {} : { version: args.version }),
      ...(args.repo === undefined ? {} : { repo: args.repo }),
      ...(args.profile === undefined ? {} : { profile: args.profile }),
      valuesFiles: args.values ?? [],
      sets: args.set ?? [],
    };
    const plan = await deployer.plan(request, terminal.signal);
    try {
      const json = args.json === true;
      if (args.diff === true || args.dryRun === true) {
        const text = planText(plan) + (args.diff === true ? diffText(plan) : '');
        await write(terminal, json ? `${JSON.stringify(jsonOfPlan(plan), undefined, 2)}\n` : text);
        return plan.refusals.length > 0 ? exitCodes.invalid : exitCodes.done;
      }
      if (!json) terminal.stderr.write(planText(plan));
      const consent = await agreed(terminal, protection, 'install', args, isUnchanged(plan, plan.current) ? undefined : 'Deploy this?');
      if (consent === undefined) return declined(terminal);
      return await carriedOut(plan, consent, deployer, args, terminal);
    } finally {
      plan.dispose();
    }
  });
}

async function carriedOut(
  plan: HeldPlan,
  consent: Consent,
  deployer: Deployer,
  args: DeployArguments,
  terminal: Terminal,
): Promise<number> {
  const options = {
    signal: terminal.signal,
    deadlineMs: args.timeout ?? DEADLINE_MS,
    rollbackOnFailure: args.rollbackOnFailure === true,
    recreate: args.recreate === true,
  };
  const { done, notes } = await told(deployer.run(plan, consent, options), args, terminal);
  if (args.json === true) await printJson(terminal, { ...jsonOfPlan(plan), ...done, notes });
  else if (plan.tests.length > 0)
    terminal.stderr.write(`Its tests: faultline deploy test ${plan.request.release} --namespace ${plan.request.namespace}\n`);
  return exitCodes.done;
}

export function runStatus(args: ReleaseArguments, terminal: Terminal, paths: DeployPaths): Promise<number> {
  return opened(args, terminal, paths, async ({ deployer, namespace }) => {
    const name = { release: args.release, namespace };
    const [health, cluster] = await Promise.all([deployer.status(name, terminal.signal), deployer.identity(terminal.signal)]);
    if (args.json === true) await printJson(terminal, { cluster, ...health });
    else await write(terminal, healthText(health, cluster));
    return exitCodes.done;
  });
}

export function runList(
  args: PlaceArguments & { readonly allNamespaces?: boolean },
  terminal: Terminal,
  paths: DeployPaths,
): Promise<number> {
  return opened(args, terminal, paths, async ({ deployer, namespace }) => {
    const releases = await deployer.list(args.allNamespaces === true ? undefined : namespace, terminal.signal);
    if (args.json === true) await printJson(terminal, releases);
    else await write(terminal, listText(releases, args.allNamespaces === true ? undefined : namespace));
    return exitCodes.done;
  });
}

export function runRollback(
  args: ReleaseArguments & { readonly revision?: number },
  terminal: Terminal,
  paths: DeployPaths,
): Promise<number> {
  return opened(args, terminal, paths, async ({ deployer, namespace, protection }) => {
    const name = { release: args.release, namespace, ...(args.revision === undefined ? {} : { revision: args.revision }) };
    tellCluster(terminal, args, await deployer.identity(terminal.signal), name);
    const consent = await agreed(terminal, protection, 'rollback', args, `Roll ${args.release} back?`);
    if (consent === undefined) return declined(terminal);
    const { done, notes } = await told(deployer.rollback(name, consent, limits(args, terminal)), args, terminal);
    if (args.json === true) await printJson(terminal, { ...done, notes });
    return exitCodes.done;
  });
}

export function runUninstall(
  args: ReleaseArguments & { readonly purgeData?: string },
  terminal: Terminal,
  paths: DeployPaths,
): Promise<number> {
  return opened(args, terminal, paths, async ({ deployer, namespace, protection }) => {
    const name = { release: args.release, namespace };
    const plan = await deployer.uninstallPlan(name, terminal.signal);
    tellCluster(terminal, args, await deployer.identity(terminal.signal), name);
    if (args.json !== true) terminal.stderr.write(uninstallText(plan, args.purgeData !== undefined));
    const consent = await agreed(terminal, protection, 'uninstall', args, `Uninstall ${args.release}?`);
    if (consent === undefined) return declined(terminal);
    const purge = args.purgeData === undefined ? {} : { purgeData: args.purgeData };
    const { done, notes } = await told(deployer.uninstall(name, consent, { ...limits(args, terminal), ...purge }), args, terminal);
    if (args.json === true)
      await printJson(terminal, { ...done, notes, kept: purge.purgeData === undefined ? plan.kept : plan.kept.slice(plan.claims.length) });
    return exitCodes.done;
  });
}

export function runTest(args: ReleaseArguments, terminal: Terminal, paths: DeployPaths): Promise<number> {
  return opened(args, terminal, paths, async ({ deployer, namespace, protection }) => {
    const name = { release: args.release, namespace };
    const consent = await agreed(terminal, protection, 'install', args, `Run the tests of ${args.release}?`);
    if (consent === undefined) return declined(terminal);
    try {
      const { done, notes, logs } = await told(deployer.test(name, consent, limits(args, terminal)), args, terminal);
      if (args.json === true) await printJson(terminal, { ...done, notes, logs });
      return exitCodes.done;
    } catch (error) {
      if (!FaultlineError.is(error, 'engine')) throw error;
      terminal.stderr.write(describe(error));
      return exitCodes.verdictFailed;
    }
  });
}

interface Told {
  readonly done: { readonly state?: ReleaseState; readonly durationMs?: number };
  readonly notes: readonly string[];
  readonly logs: readonly string[];
}

/** To stderr: stdout is for who asked for JSON. */
async function told(events: AsyncIterable<DeployEvent>, { json }: PlaceArguments, terminal: Terminal): Promise<Told> {
  const lines = new ProgressLines(terminal, json === true);
  const [notes, logs]: [string[], string[]] = [[], []];
  let done: Told['done'] = {};
  try {
    for await (const event of events) {
      lines.show(event);
      if (event.kind === 'note') notes.push(event.text);
      if (event.kind === 'log') logs.push(`${event.source} | ${event.line}`);
      if (event.kind === 'done') done = { state: event.state, durationMs: event.durationMs };
    }
  } finally {
    lines.end();
  }
  return { done, notes, logs };
}

/** undefined: the person said no. Fails: `refusedByProtection`, `invalid` where nobody can be asked. */
async function agreed(
  terminal: Terminal,
  protection: Protection,
  change: ClusterChange,
  { yes, confirmCluster }: LimitArguments,
  question: string | undefined,
): Promise<Consent | undefined> {
  const isAsked = terminal.stderr.isTTY === true && 'isTTY' in terminal.stdin && terminal.stdin.isTTY === true;
  const wanted = nameToType(protection);
  if (wanted !== undefined && confirmCluster === undefined && isAsked) {
    const typedName = await ask(terminal, `${protection.context} (${protection.server}) is protected. Type its name to go on:`);
    return consentTo(protection, change, { typedName });
  }
  if (wanted !== undefined && confirmCluster === undefined) {
    throw new FaultlineError('refusedByProtection', {
      what: `${protection.context} (${protection.server}) is protected: nothing was changed`,
      remedy: `Give --confirm-cluster ${protection.context} when you mean it.`,
    });
  }
  if (question !== undefined && yes !== true && confirmCluster === undefined && isAsked) {
    if (!/^y(?:es)?$/i.test(await ask(terminal, `${question} [y/N]`))) return undefined;
  }
  return consentTo(protection, change, confirmCluster === undefined ? {} : { typedName: confirmCluster });
}

async function ask({ stdin, stderr, signal }: Terminal, question: string): Promise<string> {
  const lines = createInterface({ input: stdin, output: stderr });
  // It keeps Ctrl+C to itself.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return (await lines.question(`${question} `, { signal })).trim();
  } finally {
    lines.close();
  }
}

function declined({ stderr }: Terminal): number {
  stderr.write('Nothing was changed.\n');
  return exitCodes.done;
}

function tellCluster(
  { stderr }: Terminal,
  { json }: PlaceArguments,
  { context, server, version }: ClusterIdentity,
  name: ReleaseName,
): void {
  if (json !== true) stderr.write(`${name.release} in namespace ${name.namespace} of ${context} (${server}, Kubernetes ${version})\n`);
}

function limits({ timeout }: LimitArguments, { signal }: Terminal): { readonly signal: AbortSignal; readonly deadlineMs: number } {
  return { signal, deadlineMs: timeout ?? DEADLINE_MS };
}

async function printJson(terminal: Terminal, value: unknown): Promise<void> {
  await write(terminal, `${JSON.stringify(value, undefined, 2)}\n`);
}

/** `oci://host/charts/web` → `web`, `./charts/web-1.2.3.tgz` → `web`, `.` → the folder's own name. */
export function nameOf(chart: string): string {
  const path = /^\.{1,2}(?:[\\/]|$)/.test(chart) ? resolve(chart) : chart;
  const last =
    path
      .replace(/[\\/]+$/, '')
      .split(/[\\/]/)
      .at(-1) ?? chart;
  return last
    .replace(/\.tgz$/, '')
    .replace(/-\d+\.\d+\.\d+.*$/, '')
    .replace(/[:@].*$/, '')
    .toLowerCase();
}
