/** Runs that break something, from the terminal: preview, one confirmation, then the run. */
import { join } from 'node:path';
import { stringify } from 'yaml';
import { FaultlineError, invalid } from '../base/errors.ts';
import { connectCluster, type ClusterConnection } from '../cluster/connect/connection.ts';
import { kubeconfigPaths } from '../cluster/connect/kubeconfig.ts';
import { lazyReach } from '../cluster/lazy.ts';
import { openLiveCluster } from '../cluster/live.ts';
import type { PlannedImages } from '../journal/fault-plan.ts';
import type { KafkaLogins } from '../cluster/truth/kafka.ts';
import { openKafkaView } from '../kafka/view.ts';
import { kafkaLoginFor } from '../run/kafkaLogin.ts';
import { roomOf, type PreviewedRun } from '../run/prepare/prepare.ts';
import { readSpec, type FaultSpec } from '../run/spec/spec.ts';
import { agreed, declined, protectionFor, type AgreeOptions } from './agreed.ts';
import { carryOut, type CarryPaths } from './carry.ts';
import { contextOf } from './context.ts';
import { describePreview, previewJson } from './preview.ts';
import { exitCodes, write, type Terminal } from './terminal.ts';

export interface BreakOptions extends AgreeOptions {
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly namespace?: string;
  /** Only shown. */
  readonly preview?: boolean;
  /** What may be lost is allowed by typing its name. */
  readonly allowLoss?: string;
  readonly helperImage?: string;
  readonly nodeImage?: string;
  readonly detach?: boolean;
  readonly json?: boolean;
}

/** The engines are asked that long before a preview goes on with what Kubernetes says. */
const askMs = 10_000;

/** Answers the exit code: 2 where the preview refuses it. Fails as the cluster's connection does. */
export async function carryOutFaults(
  spec: FaultSpec,
  options: BreakOptions,
  terminal: Terminal,
  paths: CarryPaths,
  workingFolder?: string,
): Promise<number> {
  const { cluster } = spec.draft;
  const context = await contextOf(options.context ?? cluster.context, options.kubeconfig ?? cluster.kubeconfig, terminal.env);
  const connection = await connectCluster(context, { env: terminal.env, signal: terminal.signal });
  let confirmed: PreviewedRun['run'];
  try {
    const { preview, run } = await previewed(spec, options, connection, terminal);
    const text = options.json === true ? `${JSON.stringify(previewJson(preview), undefined, 2)}\n` : describePreview(preview, terminal);
    if (options.preview === true) await write(terminal, text);
    else terminal.stderr.write(text);
    if (run === undefined) return exitCodes.invalid;
    if (options.preview === true) return exitCodes.done;
    const consent = await agreed(terminal, await protectionFor(connection), 'fault', options, 'Break this?');
    if (consent === undefined) return declined(terminal);
    confirmed = run;
  } finally {
    connection.close();
  }
  return carryOut(confirmed.plan, { ...flags(options), confirmed: confirmed.confirmed }, terminal, paths, workingFolder);
}

function flags({ detach, json }: BreakOptions): { readonly detach: boolean; readonly json: boolean } {
  return { detach: detach === true, json: json === true };
}

async function previewed(spec: FaultSpec, options: BreakOptions, connection: ClusterConnection, terminal: Terminal): Promise<PreviewedRun> {
  const { env, signal } = terminal;
  const namespace = options.namespace ?? spec.draft.cluster.namespace;
  const place = namespace === undefined ? {} : { namespace };
  const kafkaLogins: KafkaLogins = {
    of: async (instance, end) => {
      const login = await kafkaLoginFor(connection, spec.draft, instance.namespace, end);
      return login === undefined ? undefined : { login };
    },
  };
  const live = openLiveCluster(connection, { kafka: openKafkaView, kafkaLogins, ...place });
  try {
    await live.settled(signal);
    await live.asked(AbortSignal.any([signal, AbortSignal.timeout(askMs)]));
    const room = roomOf(connection, () => live.model(), { reach: lazyReach(env), images: imagesOf(options) });
    const draft = { ...spec.draft, cluster: { ...spec.draft.cluster, ...place } };
    return await room.preview({ ...spec, draft }, { typed: typedOf(options, spec) }, signal);
  } finally {
    live.dispose();
  }
}

function imagesOf({ helperImage, nodeImage }: BreakOptions): Partial<PlannedImages> {
  return { ...(helperImage === undefined ? {} : { helper: helperImage }), ...(nodeImage === undefined ? {} : { node: nodeImage }) };
}

/** One name for every fault: a run that would lose several things is written as a spec, which allows each. */
function typedOf({ allowLoss }: BreakOptions, { draft }: FaultSpec): ReadonlyMap<number, string> {
  return new Map(allowLoss === undefined ? [] : draft.faults.map((_, index) => [index, allowLoss]));
}

export interface FaultRequest extends BreakOptions {
  readonly kind: string;
  /** As a spec's `target`: `pod=kafka-1`, `leader=messages/17`, `engine=trino,role=worker`. */
  readonly target?: string;
  readonly for?: string;
  /** Of the kind: `percent=20 %`. */
  readonly set?: readonly string[];
  readonly allow?: readonly string[];
  /** Engines whose users are asked for. */
  readonly probe?: readonly string[];
  /** Topic of the run's own messages. */
  readonly messages?: string;
  readonly baseline?: string;
  readonly observe?: string;
  readonly expect?: readonly string[];
}

/** A fault of the command line is a spec that nobody wrote to a file. Answers as `carryOutFaults`; fails with `invalid` for what a spec may not say. */
export async function runFault(request: FaultRequest, terminal: Terminal, paths: CarryPaths): Promise<number> {
  const text = specOf(request);
  const { breaks, problems } = await readSpec(text, {
    folder: process.cwd(),
    library: join(paths.root, 'snippets'),
    kubeconfigs: kubeconfigPaths(terminal.env, []),
  });
  const [wrong] = problems.filter(({ severity }) => severity === 'error');
  if (wrong !== undefined || breaks === undefined) throw invalid(wrong?.message ?? 'It breaks nothing', wrong?.remedy);
  return carryOutFaults(breaks, request, terminal, paths);
}

/** The words of a spec, as `faultline fault` was given them. */
export function specOf(request: FaultRequest): string {
  const { kind, target, allow = [], set = [], probe = [], messages, baseline, observe, expect = [] } = request;
  const fault = {
    kind,
    ...(target === undefined ? {} : { target: pairs(target.split(','), '--target') }),
    ...(request.for === undefined ? {} : { for: request.for }),
    ...pairs(set, '--set'),
    ...(allow.length === 0 ? {} : { allow }),
  };
  return stringify({
    faultline: 1,
    name: [kind, target].filter((part) => part !== undefined).join(' '),
    faults: [fault],
    ...(probe.length === 0 ? {} : { probes: probe.map((engine) => ({ engine })) }),
    ...(messages === undefined ? {} : { messages: { topic: messages } }),
    ...(baseline === undefined ? {} : { baseline }),
    ...(observe === undefined ? {} : { observe }),
    ...(expect.length === 0 ? {} : { expect }),
  });
}

const whole = /^\d+$/;

function pairs(texts: readonly string[], option: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1)
        throw new FaultlineError('invalid', {
          what: `${option}: “${text}” is not KEY=VALUE`,
          remedy: 'Such as pod=kafka-1, as a spec says it.',
        });
      const value = text.slice(at + 1).trim();
      return [text.slice(0, at).trim(), value === 'true' ? true : whole.test(value) ? Number(value) : value];
    }),
  );
}
