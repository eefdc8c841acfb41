/** Logs and shells: each in a terminal, which a person searches, scrolls and closes like all others. */
import * as vscode from 'vscode';
import { normalise } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import type { LogLine, LogRequest } from '../../../cluster/act/logs.ts';
import type { Consent } from '../../../cluster/act/protection.ts';
import type { ObjectRef, PodLine } from '../../../cluster/recognise/model.ts';
import type { PodsTarget, WorkloadKind } from '../../../cluster/act/target.ts';
import type { OpenCluster } from '../../session/clusters.ts';
import { askConsent, isLineArgument, podOf, type ClusterCommandParts } from './lines.ts';

/** Of each container, before what comes. */
const tailLines = 500;
/** A terminal has no word for "wait": so much is written before the window gets its turn. */
const linesAtOnce = 200;
const dim = (text: string): string => `\x1b[2m${text}\x1b[22m`;
const colours = [36, 32, 33, 35, 34, 31] as const;

export function terminalCommands(parts: ClusterCommandParts) {
  return {
    logs: async (argument: unknown): Promise<void> => {
      const meant = await logsMeant(argument, parts);
      if (meant) showLogs(meant.cluster, meant.title, meant.requests, 'follow');
    },
    previousLogs: async (argument: unknown): Promise<void> => {
      const chosen = await podOf(argument, t('Logs before the last restart, of which pod?'), parts);
      if (!chosen) return;
      const { namespace = '', name } = chosen.pod.ref;
      const request = { namespace, target: { kind: 'pod', name }, containers: chosen.pod.containers } as const;
      showLogs(chosen.cluster, t('{0} before its restart', name), [request], 'previous');
    },
    shell: async (argument: unknown): Promise<void> => {
      const chosen = await podOf(argument, t('A shell in which pod?'), parts);
      if (!chosen) return;
      const { cluster, pod } = chosen;
      const question = {
        what: t('Open a shell in {0}?', pod.ref.name),
        detail: t('What is typed there changes the pod, container {0}.', pod.container),
        button: t('Open Shell'),
      };
      const consent = await askConsent(cluster, 'shell', question, parts);
      const pty = new ShellTerminal(cluster, pod, consent);
      vscode.window.createTerminal({ name: pod.ref.name, pty, iconPath: new vscode.ThemeIcon('terminal') }).show();
    },
  };
}

type Where = Pick<LogRequest, 'namespace' | 'target' | 'containers'>;

interface MeantLogs {
  readonly cluster: OpenCluster;
  readonly title: string;
  readonly requests: readonly Where[];
}

/** Of a pod its own; of an engine, role or shard all of its pods', also of those that come. */
async function logsMeant(argument: unknown, parts: ClusterCommandParts): Promise<MeantLogs | undefined> {
  if (isLineArgument(argument)) {
    const { subject } = argument.line;
    if (subject.kind === 'engine' || subject.kind === 'role') {
      const roles = subject.kind === 'engine' ? subject.instance.roles : [subject.role];
      const requests = roles.flatMap(({ workloads, pods }) => (workloads.length > 0 ? workloads.map(ofWorkload) : pods.map(ofPod)));
      const title = subject.kind === 'engine' ? subject.instance.name : `${subject.instance.name} ${subject.role.role}`;
      return { cluster: await parts.clusters.use(argument.context), title, requests };
    }
    if (subject.kind === 'shard') {
      const title = `${subject.instance.name} ${subject.shard.shard}`;
      return { cluster: await parts.clusters.use(argument.context), title, requests: subject.shard.pods.map(ofPod) };
    }
  }
  const chosen = await podOf(argument, t('Logs of which pod?'), parts);
  return chosen && { cluster: chosen.cluster, title: chosen.pod.ref.name, requests: [ofPod(chosen.pod)] };
}

function ofPod({ ref, containers }: PodLine): Where {
  return { namespace: ref.namespace ?? '', target: { kind: 'pod', name: ref.name }, containers };
}

const workloadKinds: readonly string[] = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'] satisfies WorkloadKind[];

function ofWorkload({ kind, namespace = '', name }: ObjectRef): Where {
  const target: PodsTarget = isWorkload(kind) ? { kind: 'workload', workload: kind, name } : { kind: 'pod', name };
  return { namespace, target };
}

function isWorkload(kind: string): kind is WorkloadKind {
  return workloadKinds.includes(kind);
}

function showLogs(cluster: OpenCluster, name: string, requests: readonly Where[], how: 'follow' | 'previous'): void {
  const pty = new LogTerminal(cluster, requests, how);
  vscode.window.createTerminal({ name: t('Logs: {0}', name), pty, iconPath: new vscode.ThemeIcon('output') }).show();
}

class LogTerminal implements vscode.Pseudoterminal {
  readonly #cluster: OpenCluster;
  readonly #requests: readonly Where[];
  readonly #how: 'follow' | 'previous';
  readonly #output = new vscode.EventEmitter<string>();
  readonly #closing = new AbortController();
  readonly #pods = new Map<string, number>();
  #written = 0;
  readonly onDidWrite = this.#output.event;

  constructor(cluster: OpenCluster, requests: readonly Where[], how: 'follow' | 'previous') {
    this.#cluster = cluster;
    this.#requests = requests;
    this.#how = how;
  }

  open(): void {
    void this.#show();
  }

  close(): void {
    this.#closing.abort();
  }

  /** Ctrl+C ends the following; the text stays. */
  handleInput(data: string): void {
    if (data === '\x03') this.#closing.abort();
  }

  async #show(): Promise<void> {
    await Promise.all(this.#requests.map((request) => this.#one(request)));
    this.#output.fire(`${dim(this.#how === 'follow' ? t('The logs are no longer followed.') : t('That was all.'))}\r\n`);
  }

  async #one(where: Where): Promise<void> {
    const { logsOf } = await import('../../../cluster/act/logs.ts');
    const request: LogRequest = {
      ...where,
      follow: this.#how === 'follow',
      ...(this.#how === 'previous' ? { previous: true } : { tailLines }),
    };
    try {
      for await (const line of logsOf(this.#cluster.connection, request, this.#closing.signal)) {
        this.#output.fire(this.#text(line));
        if (++this.#written % linesAtOnce === 0) await new Promise((resolve) => setTimeout(resolve, 16));
      }
    } catch (error) {
      const known = normalise(error);
      if (known.reason !== 'cancelled') this.#output.fire(`\x1b[31m${known.message}\x1b[39m\r\n`);
    }
  }

  #text({ kind, pod, container, time, text }: LogLine): string {
    if (kind === 'notice') return `${dim(`── ${container === '' ? pod : `${pod} ${container}`}: ${text}`)}\r\n`;
    const several = this.#requests.length > 1 || this.#requests[0]?.target.kind !== 'pod';
    const at = this.#pods.get(pod) ?? this.#pods.size;
    this.#pods.set(pod, at);
    const name = several ? `\x1b[${colours[at % colours.length] ?? 39}m${pod}\x1b[39m ` : '';
    return `${dim(time.slice(11, 23))} ${name}${text}\r\n`;
  }
}

class ShellTerminal implements vscode.Pseudoterminal {
  readonly #cluster: OpenCluster;
  readonly #pod: PodLine;
  readonly #consent: Consent;
  readonly #output = new vscode.EventEmitter<string>();
  readonly #ended = new vscode.EventEmitter<number | void>();
  readonly #closing = new AbortController();
  readonly #decoder = new TextDecoder();
  #shell: { write(data: string): void; resize(columns: number, rows: number): void } | undefined;
  #isOver = false;
  readonly onDidWrite = this.#output.event;
  readonly onDidClose = this.#ended.event;

  constructor(cluster: OpenCluster, pod: PodLine, consent: Consent) {
    this.#cluster = cluster;
    this.#pod = pod;
    this.#consent = consent;
  }

  open(size: vscode.TerminalDimensions | undefined): void {
    void this.#run(size?.columns ?? 80, size?.rows ?? 24);
  }

  close(): void {
    this.#closing.abort();
  }

  handleInput(data: string): void {
    if (this.#isOver) this.#ended.fire();
    else this.#shell?.write(data);
  }

  setDimensions({ columns, rows }: vscode.TerminalDimensions): void {
    this.#shell?.resize(columns, rows);
  }

  async #run(columns: number, rows: number): Promise<void> {
    const { openShell } = await import('../../../cluster/act/shell.ts');
    const { ref, container } = this.#pod;
    try {
      const shell = await openShell(
        this.#cluster.connection,
        { namespace: ref.namespace ?? '', pod: ref.name, container },
        {
          consent: this.#consent,
          signal: this.#closing.signal,
          columns,
          rows,
          onOutput: (bytes) => this.#output.fire(this.#decoder.decode(bytes, { stream: true })),
        },
      );
      this.#shell = shell;
      const code = await shell.ended;
      this.#over(t('The shell has ended with {0}.', code));
    } catch (error) {
      const known = normalise(error);
      if (known.reason !== 'cancelled') this.#over(`\x1b[31m${known.message}\x1b[39m`);
    }
  }

  #over(text: string): void {
    this.#isOver = true;
    this.#output.fire(`\r\n${text} ${dim(t('Any key closes the terminal.'))}\r\n`);
  }
}
