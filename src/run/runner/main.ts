/**
 * The runner: a process of its own for one run, so that neither an editor's nor a terminal's end loses it, and a native crash of an
 * engine ends it alone. Started with its settings as the JSON of the first argument; tells its starter by IPC, everybody by its journal.
 */
import { readFileSync, rmSync } from 'node:fs';
import * as v from 'valibot';
import { entrySettings, isEntry } from '../../base/entry.ts';
import { causeChain, FaultlineError, toWire } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { packagePaths } from '../../base/package.ts';
import { lazyReach } from '../../cluster/lazy.ts';
import { journalFormat } from '../../journal/events.ts';
import { releaseLease, takeLease } from '../../journal/lease.ts';
import { RunStore } from '../../journal/store.ts';
import type { RunnerMessage, StarterMessage } from '../control.ts';
import { summaryOfRun } from '../summaries.ts';
import { refuseSecrets } from '../supervise/secrets.ts';
import { ControlServer } from './control-server.ts';
import { EndRequest, HealRequest } from './ending.ts';
import { environmentOf } from './environment.ts';
import { operationError } from './executor.ts';
import { Ownership } from './ownership.ts';
import { Run } from './run.ts';
import { takePasswords } from '../passwords.ts';
import { clusterEdges } from './faults/edges.ts';
import { settingsSchema, type PlanOfRun, type RunnerSettings } from './settings.ts';

/** Answers when the run is in its journal, summed up, and nothing of the process is left. Fails when there is no run: `invalid`, `storage`. */
async function carryOut(settings: RunnerSettings): Promise<void> {
  const { run, folder } = settings;
  const passwords = takePasswords(process.env);
  const { plan: planned, confirmed } = readPlanned(settings.planFile);
  const plan = refuseSecrets(planned);
  const end = new EndRequest();
  const healing = new HealRequest();
  const owners = ownersOf(settings, end);
  let onWritten: () => void = () => undefined;
  const written = new Promise<void>((resolve) => (onWritten = resolve));
  const control = await ControlServer.open(folder, {
    run,
    stop: async () => {
      end.request({ how: 'stopped' });
      await written;
    },
    heal: () => healing.request(),
    adopt: () => owners.join(),
  });
  try {
    takeLease(folder, control.path);
    stopOnSignals(end);
    const environment = await environmentOf(packagePaths().version, settings.workingFolder);
    const originNs = process.hrtime.bigint();
    const header = { faultline: journalFormat, run, startedAt: Date.now(), plan, environment };
    const servers = { reach: lazyReach(process.env), passwords };
    const carried = new Run({
      ...{ settings, plan, header, servers, originNs, end, healing, cluster: clusterEdges(process.env) },
      ...(confirmed === undefined ? {} : { confirmed }),
    });
    rmSync(settings.planFile, { force: true });
    tell({ kind: 'started' });
    await carried.carryOut();
    await sumUp(settings);
  } finally {
    onWritten();
    owners.dispose();
    // Whoever waits for the end is told before the socket closes.
    await new Promise((resolve) => setImmediate(resolve));
    await control.close();
    releaseLease(folder);
  }
}

/** Made by us, a moment ago: its shape was checked where it was made. */
function readPlanned(path: string): PlanOfRun {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as PlanOfRun;
  } catch (error) {
    throw new FaultlineError('invalid', { what: t('The plan of the run can’t be read'), meaning: path }, error);
  }
}

/** Without a channel (a process that was started by hand) the run is its own owner, and a signal ends it. */
function ownersOf(settings: RunnerSettings, end: EndRequest): Ownership {
  const owners = new Ownership(settings.adoptWithinMs, () =>
    end.request({ how: 'interrupted', reason: t('The window that started it closed, and no other took it over') }),
  );
  if (process.send === undefined || settings.detach) owners.join();
  if (process.send === undefined) return owners;
  const starter = owners.join();
  process.once('disconnect', () => starter.dispose());
  if (!process.connected) starter.dispose();
  process.on('message', (message: StarterMessage) => {
    if (message.kind === 'stop') end.request({ how: 'stopped' });
  });
  return owners;
}

function stopOnSignals(end: EndRequest): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => end.request({ how: 'stopped' }));
  process.on('uncaughtException', (error) => {
    process.stderr.write(`${causeChain(error)}\n`);
    const found = operationError(error);
    end.request({ how: 'failed', reason: found.text, error: found });
  });
  // Whoever read our log has gone.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
}

/** The next reader has it at once; one that can't be made now is made then. */
async function sumUp({ home, run }: RunnerSettings): Promise<void> {
  try {
    const record = await new RunStore({ home }).record(run);
    await summaryOfRun({ ...record, state: 'ended' });
  } catch (error) {
    process.stderr.write(`${causeChain(error)}\n`);
  }
}

function tell(message: RunnerMessage): void {
  if (process.connected) process.send?.(message, () => undefined);
}

if (isEntry(import.meta.url)) {
  const settings = v.safeParse(settingsSchema, entrySettings());
  if (settings.success) {
    try {
      await carryOut(settings.output);
      tell({ kind: 'ended' });
    } catch (error) {
      process.stderr.write(`${causeChain(error)}\n`);
      tell({ kind: 'refused', error: toWire(error) });
      process.exitCode = 1;
    }
    // A message that is under way arrives before the channel closes; an engine's own threads must not keep the process.
    if (process.connected) process.disconnect();
    setTimeout(() => process.exit(), 1000).unref();
  } else {
    process.stderr.write('A run’s process is started by Faultline, with its settings.\n');
    process.exitCode = 2;
  }
}
