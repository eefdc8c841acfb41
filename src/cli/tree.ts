/** `faultline tree`: what a cluster holds, and how it is. */
import type { Command } from 'commander';
import { FaultlineError, invalid } from '../base/errors.ts';
import { formatDuration } from '../base/units.ts';
import type { LiveCluster } from '../cluster/live.ts';
import type { FilteredLines } from '../cluster/recognise/filter.ts';
import type { HealthState, Line } from '../cluster/recognise/model.ts';
import { contextOf } from './context.ts';
import { addKafkaLoginOptions, howToLogIn, kafkaLoginOf, kafkaMeant, type KafkaLoginOptions } from './kafkaLogin.ts';
import { fit, visible } from './format/width.ts';
import { exitCodes, write, type Terminal } from './terminal.ts';

export interface TreeOptions extends KafkaLoginOptions {
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly namespace?: string;
  readonly filter?: string;
  readonly json?: boolean;
  readonly watch?: boolean;
}

export function addTree(program: Command, terminal: Terminal, run: (work: Promise<number>) => Promise<void>): void {
  const command = program
    .command('tree')
    .copyInheritedSettings(program)
    .summary('show what runs in a cluster, and how it is')
    .description(
      'Shows a cluster’s engines by role, shard and replica, what scales, Kafka, nodes and Helm releases, as Kubernetes and the engines themselves say it. Nothing is changed.',
    )
    .option('--context <name>', 'of the kubeconfig (default: its current one); no other is contacted')
    .option('--kubeconfig <file>', 'that names the context (default: those that kubectl reads)')
    .option('-n, --namespace <name>', 'only this one (default: all that may be read)')
    .option('--filter <text>', 'only lines that hold these words, here or above: "trino failed", "ns:analytics"')
    .option('--json', 'print the model as JSON; with --watch one line for each change')
    .option('-w, --watch', 'go on, and show each change until Ctrl+C');
  addKafkaLoginOptions(command)
    .addHelpText(
      'after',
      `
Signs: ✓ healthy, ◌ starting, ▲ degraded, ✗ failed, ◇ stopping, ? unknown.

Examples:
  faultline tree
  faultline tree --context load-lab --filter "clickhouse degraded"
  faultline tree --watch
  FAULTLINE_KAFKA_PASSWORD=… faultline tree --kafka-user app --kafka-ca ca.crt
  faultline tree --json | jq '.engines.items[].health'`,
    )
    .action((options: TreeOptions) => run(runTree(options, terminal)));
}

const askMs = 10_000;

/** The cluster is not there, or does not let us in: fails as its connection does. What is only hidden is said in the tree. */
export async function runTree(options: TreeOptions, terminal: Terminal): Promise<number> {
  if (options.filter !== undefined && options.filter.trim() === '') throw invalid('--filter is empty', 'Name a part of what you look for.');
  const context = await contextOf(options.context, options.kubeconfig, terminal.env);
  const [{ connectCluster }, { openLiveCluster }, { openKafkaView }] = await Promise.all([
    import('../cluster/connect/connection.ts'),
    import('../cluster/live.ts'),
    import('../kafka/view.ts'),
  ]);
  const login = await kafkaLoginOf(options, terminal.env);
  const connection = await connectCluster(context, { env: terminal.env, signal: terminal.signal });
  try {
    let loginIsFor: string | undefined;
    const live = openLiveCluster(connection, {
      kafka: openKafkaView,
      kafkaLogins: { of: ({ id }) => Promise.resolve(login === undefined || id !== loginIsFor ? undefined : { login }) },
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    });
    try {
      await live.settled(terminal.signal);
      failUnlessThere(live);
      if (login !== undefined) loginIsFor = kafkaMeant(options.kafka, live.model().kafka.items).id;
      // What an engine does not say in this time is left open: Kubernetes' truth is there.
      await live.asked(AbortSignal.any([terminal.signal, AbortSignal.timeout(askMs)]));
      if (options.watch === true) await watch(live, options, terminal);
      else await write(terminal, await printed(live, options, Date.now()));
      const isPlain = options.json !== true && options.watch !== true && options.filter === undefined;
      if (isPlain && login === undefined) terminal.stderr.write(howToLogIn(live.model().kafka.items));
      return exitCodes.done;
    } finally {
      live.dispose();
    }
  } finally {
    connection.close();
  }
}

/** Not one list came: that is the cluster's trouble, not a part's. */
function failUnlessThere(live: LiveCluster): void {
  const { engines, nodes } = live.model();
  const error = engines.state.kind === 'syncing' && nodes.state.kind !== 'live' ? engines.state.error : undefined;
  if (error !== undefined) throw error;
}

async function watch(live: LiveCluster, options: TreeOptions, terminal: Terminal): Promise<void> {
  const { stdout, signal } = terminal;
  const isDrawn = stdout.isTTY === true && options.json !== true;
  live.look(true);
  let last = '';
  // Ages grow while nothing else happens.
  const ticks = isDrawn ? 1000 : undefined;
  while (!signal.aborted) {
    const text = await printed(live, options, isDrawn ? Date.now() : undefined);
    if (text !== last) {
      const isWhole = last === '' || options.json === true;
      await write(terminal, isDrawn ? drawn(text, terminal) : isWhole ? text : changesText(last, text, new Date()));
    }
    last = text;
    await changed(live, signal, ticks);
  }
  if (signal.reason !== 'outputClosed') throw new FaultlineError('cancelled', { what: 'Stopped' });
}

/** What a log wants of a change: when it was, and the lines that went and came, not the whole tree again. */
export function changesText(before: string, after: string, at: Date): string {
  const [old, now] = [before.trimEnd().split('\n'), after.trimEnd().split('\n')];
  const lacking = (lines: readonly string[], others: readonly string[]): readonly string[] => {
    const left = new Map<string, number>();
    for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
    return lines.filter((line) => {
      const count = left.get(line) ?? 0;
      left.set(line, count - 1);
      return count <= 0;
    });
  };
  const lines = [...lacking(old, now).map((line) => `- ${line}`), ...lacking(now, old).map((line) => `+ ${line}`)];
  return `${at.toISOString().replace(/\.\d+Z$/, 'Z')}\n${lines.map((line) => `${line}\n`).join('')}`;
}

async function changed(live: LiveCluster, signal: AbortSignal, atMostMs: number | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const heard = live.changed.listen(resolve);
  const timer = atMostMs === undefined ? undefined : setTimeout(resolve, atMostMs);
  const stop = (): void => resolve();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  await promise;
  signal.removeEventListener('abort', stop);
  clearTimeout(timer);
  heard.dispose();
}

/** Over what stood there before, without a flicker: each line to its end, then what is below. */
function drawn(text: string, { stdout }: Terminal): string {
  const lines = text.trimEnd().split('\n');
  const rows = (stdout.rows ?? Infinity) - 1;
  const shown =
    lines.length > rows ? [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more lines: --filter shows fewer`] : lines;
  return `\u001b[H${shown.map((line) => `${fit(line, (stdout.columns ?? 200) - 1)}\u001b[K\n`).join('')}\u001b[J`;
}

async function printed(live: LiveCluster, options: TreeOptions, nowMs: number | undefined): Promise<string> {
  const [{ linesOf }, { filterLines }] = await Promise.all([
    import('../cluster/recognise/lines.ts'),
    import('../cluster/recognise/filter.ts'),
  ]);
  const model = live.model();
  const filtered = filterLines(linesOf(model), options.filter ?? '');
  if (options.json === true) {
    const content =
      options.filter === undefined
        ? model
        : { context: model.context, shown: filtered.shown, total: filtered.total, lines: filtered.lines.map(plain) };
    return `${JSON.stringify(content, errorsToo, options.watch === true ? undefined : 2)}\n`;
  }
  const title = `${sign(model.health.state)} ${model.context}  ${model.health.word}${model.namespace === undefined ? '' : ` · ${model.namespace}`}`;
  return treeText(visible(title), filtered, options.filter, nowMs);
}

/** `nowMs` undefined: without ages. */
export function treeText(
  title: string,
  { lines, shown, total }: FilteredLines,
  filter: string | undefined,
  nowMs: number | undefined,
): string {
  const text = [title, ...lines.flatMap((line) => textOf(line, 1, nowMs))];
  if (filter !== undefined) text.push(`${shown} of ${total} lines hold “${visible(filter)}”`);
  return `${text.join('\n')}\n`;
}

function textOf({ label, description, health, subject, children }: Line, depth: number, nowMs: number | undefined): string[] {
  const mark = health !== undefined ? `${sign(health.state)} ` : subject.kind === 'note' ? '· ' : '';
  const age =
    nowMs === undefined || health?.sinceMs === undefined
      ? ''
      : `, ${formatDuration(Math.max(0, Math.round((nowMs - health.sinceMs) / 1000) * 1000))}`;
  const text = `${mark}${visible(label)}${description === '' && age === '' ? '' : `  ${visible(description)}${age}`}`;
  return [`${'  '.repeat(depth)}${text}`, ...children.flatMap((child) => textOf(child, depth + 1, nowMs))];
}

function sign(state: HealthState): string {
  switch (state) {
    case 'ok':
      return '✓';
    case 'starting':
      return '◌';
    case 'degraded':
      return '▲';
    case 'failed':
      return '✗';
    case 'stopping':
      return '◇';
    case 'unknown':
      return '?';
  }
}

interface PlainLine extends Pick<Line, 'id' | 'label' | 'description' | 'health' | 'tooltip'> {
  readonly kind: Line['subject']['kind'];
  readonly children: readonly PlainLine[];
}

function plain({ id, subject, label, description, health, tooltip, children }: Line): PlainLine {
  return {
    id,
    kind: subject.kind,
    label,
    description,
    ...(health === undefined ? {} : { health }),
    tooltip,
    children: children.map(plain),
  };
}

function errorsToo(_key: string, value: unknown): unknown {
  return FaultlineError.is(value) ? { reason: value.reason, ...value.facts } : value;
}
