/** Servers as targets: from a line of a cluster, or by their address; tested before they are trusted. */
import * as vscode from 'vscode';
import { cancelled, FaultlineError, invalid } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import { defaultPort, engineNames, serverName, serverUrl, type Reach, type ServerTarget } from '../../../base/target.ts';
import type { EngineInstance } from '../../../cluster/recognise/model.ts';
import type { ClusterConnection } from '../../../cluster/connect/connection.ts';
import type { KubeContext } from '../../../cluster/connect/kubeconfig.ts';
import type { CheckStep } from '../../../engine/check.ts';
import { needsTrust } from '../../notify.ts';
import { answeredScales } from '../../../workload/tpch/scale.ts';
import { defaultUser, isSql, serverOf } from '../../../cluster/sqlServer.ts';
import type { Passwords } from '../../session/passwords.ts';
import type { Session } from '../../session/session.ts';
import type { SqlLogin } from '../../session/sqlLoginDialog.ts';
import { isTarget, targetName } from '../../session/targets.ts';
import { openCopy } from '../library.ts';
import { isLineArgument, type ClusterCommandParts } from './lines.ts';

export interface ServerCommandParts extends ClusterCommandParts {
  readonly session: Session;
  readonly passwords: Passwords;
  readonly reach: () => Promise<Reach>;
  /** Answers the catalogs of Trino and Presto, the databases of ClickHouse; fails as opening it. */
  readonly namesOf: (target: ServerTarget) => Promise<readonly string[]>;
}

export function serverCommands(parts: ServerCommandParts) {
  const { session } = parts;
  return {
    runSqlHere: async (argument: unknown): Promise<void> => {
      mustBeTrusted();
      const meant = await engineMeant(argument, parts);
      if (meant === undefined) return;
      const target = serverOf(meant.context, meant.instance);
      const chosen = await askSchemaOrLogin(target, parts);
      await choose(chosen, parts);
      const document = await openCopy(beginningOf(chosen));
      const editor = vscode.window.activeTextEditor;
      const { end } = document.lineAt(document.lineCount - 1).range;
      if (editor?.document === document) editor.selection = new vscode.Selection(end, end);
    },
    benchmarkEngine: async (argument: unknown): Promise<void> => {
      mustBeTrusted();
      const meant = await engineMeant(argument, parts);
      if (meant === undefined) return;
      const target = await askSchemaOrLogin(serverOf(meant.context, meant.instance), parts);
      if (target.tpchScale === undefined)
        throw invalid(
          t('What was chosen on {0} is not known as TPC-H', target.name),
          target.engine === 'clickhouse'
            ? t('Fill a database with “faultline load tpch”, named such as tpch_sf1, and choose that.')
            : t('Choose a schema of its catalog tpch, such as tpch.tiny.'),
        );
      await choose(target, parts);
      await parts.commands.run('faultline.benchmarkLibrary', 'tpch');
    },
    /** Asked for its tables, and for a login where it wants one; what statements run on stays as it is. Fails as a person goes away. */
    serverIn: async (context: KubeContext, instance: EngineInstance): Promise<ServerTarget> => {
      mustBeTrusted();
      const target = await askSchemaOrLogin(serverOf(context, instance), parts);
      await session.addServer(target);
      return target;
    },
    connectServer: async (): Promise<void> => {
      mustBeTrusted();
      const target = await askServer(parts);
      if (target !== undefined) await choose(await askSchemaOrLogin(target, parts), parts);
    },
    testConnection: async (argument: unknown): Promise<void> => {
      mustBeTrusted();
      const target = targetIn(argument) ?? session.target;
      if (target.kind !== 'server')
        throw invalid(t('{0} is no server', targetName(target)), t('Select a server, or use its menu in the Clusters view.'));
      await test(target, parts);
    },
    forgetServer: async (argument: unknown): Promise<void> => {
      const target = targetIn(argument);
      if (target?.kind !== 'server') return;
      await session.forget(target);
      await parts.passwords.forget(target);
    },
  };
}

/** So that a person sees where they are, and how to begin. */
function beginningOf({ name, catalog, schema }: ServerTarget): string {
  const tables = [catalog, schema].filter((part) => part !== undefined).join('.');
  return `-- ${t('On {0}. Ctrl+Enter runs the statement at the cursor, Ctrl+Space completes tables and columns.', tables === '' ? name : `${name}, ${tables}`)}\n\n`;
}

interface MeantEngine {
  readonly context: KubeContext;
  readonly instance: EngineInstance;
}

/** Of the line that a menu stands on; else a person chooses one of all that take SQL. */
async function engineMeant(argument: unknown, { clusters }: ServerCommandParts): Promise<MeantEngine | undefined> {
  if (isLineArgument(argument) && argument.line.subject.kind === 'engine')
    return { context: argument.context, instance: argument.line.subject.instance };
  const items = clusters.open.flatMap(({ context, live }) =>
    live
      .model()
      .engines.items.filter(({ engine, service }) => isSql(engine) && service !== undefined)
      .map((instance) => ({
        label: `${instance.namespace}/${instance.name}`,
        description: instance.health.word,
        detail: context.name,
        meant: { context, instance },
      })),
  );
  if (items.length === 0) throw invalid(t('There is no engine to choose from'), t('Open a cluster in the Clusters view first.'));
  return (await vscode.window.showQuickPick(items, { title: t('Run SQL on which engine?') }))?.meant;
}

function mustBeTrusted(): void {
  if (!vscode.workspace.isTrusted) throw needsTrust(t('Servers are not contacted'));
}

function targetIn(argument: unknown): ReturnType<() => Session['target']> | undefined {
  if (isTarget(argument)) return argument;
  const target: unknown = typeof argument === 'object' && argument !== null && 'target' in argument ? argument.target : undefined;
  return isTarget(target) ? target : undefined;
}

async function choose(target: ServerTarget, { session }: ServerCommandParts): Promise<void> {
  await session.addServer(target);
  await session.select(target);
}

/** Its certificate was not accepted. */
function isDistrusted(error: unknown): boolean {
  const code = FaultlineError.is(error, 'unreachable') ? (error.facts.code ?? '') : '';
  return /CERT|SIGNATURE/.test(code);
}

/** Engine, address, user, password; undefined when a person went away. */
async function askServer(parts: ServerCommandParts): Promise<ServerTarget | undefined> {
  const engines = (['trino', 'presto', 'clickhouse'] as const).map((engine) => ({ label: engineNames[engine], engine }));
  const chosen = await vscode.window.showQuickPick(engines, { title: t('Connect to a server (1 of 4): engine') });
  if (chosen === undefined) return undefined;
  const { engine } = chosen;
  const address = await vscode.window.showInputBox({
    title: t('Connect to a server (2 of 4): address'),
    value: `http://localhost:${defaultPort(engine)}`,
    ignoreFocusOut: true,
    validateInput: (text) =>
      serverUrl(text) === undefined ? t('Write it as http://host:port; user and password are asked for next.') : undefined,
  });
  const url = address === undefined ? undefined : serverUrl(address);
  if (url === undefined) return undefined;
  const user = await vscode.window.showInputBox({
    title: t('Connect to a server (3 of 4): user'),
    value: defaultUser(engine),
    ignoreFocusOut: true,
  });
  if (user === undefined) return undefined;
  const password = await vscode.window.showInputBox({
    title: t('Connect to a server (4 of 4): password'),
    prompt: t('Empty where there is none. It is kept in the secret storage of VS Code.'),
    password: true,
    ignoreFocusOut: true,
  });
  if (password === undefined) return undefined;
  const at = { kind: 'url', url } as const;
  const named: ServerTarget = { kind: 'server', engine, name: serverName(at), at, user: user.trim() || defaultUser(engine) };
  const target = url.startsWith('https:') ? await askCertificate(named) : named;
  if (target === undefined) return undefined;
  return password === '' ? target : parts.passwords.keep(target, password);
}

/** Who signed the server's certificate and whom it names, where that is not as usual; undefined when a person went away. */
async function askCertificate(target: ServerTarget): Promise<ServerTarget | undefined> {
  const { caFile, tlsServerName, at } = target;
  const usual = at.kind === 'url' ? new URL(at.url).hostname : `${at.service}.${at.namespace}.svc`;
  const items = [
    { label: t('Connect'), what: 'go' },
    { label: t('Authority…'), description: caFile ?? t('one of those that this machine knows'), what: 'authority' },
    { label: t('TLS Server Name…'), description: tlsServerName ?? usual, what: 'name' },
  ] as const;
  const title = t('How the certificate of {0} is checked', target.name);
  const chosen = await vscode.window.showQuickPick(items, { title, ignoreFocusOut: true });
  if (chosen === undefined) return undefined;
  if (chosen.what === 'go') return target;
  if (chosen.what === 'authority') {
    const filters = { [t('Certificates')]: ['pem', 'crt', 'cer'], [t('All Files')]: ['*'] };
    const [file] = (await vscode.window.showOpenDialog({ title: t('Authority of {0}', target.name), filters })) ?? [];
    return askCertificate(file === undefined ? target : { ...target, caFile: file.fsPath });
  }
  const name = await vscode.window.showInputBox({
    title: t('TLS server name of {0}', target.name),
    prompt: t('A name that its certificate has, where that is not the one it is reached by.'),
    value: tlsServerName ?? usual,
    ignoreFocusOut: true,
  });
  if (name === undefined) return askCertificate(target);
  const { tlsServerName: _, ...others } = target;
  const given = name.trim();
  return askCertificate(given === '' || given === usual ? others : { ...others, tlsServerName: given });
}

/** A server that wants a login says so first: only then a person is asked for one. */
async function askSchemaOrLogin(target: ServerTarget, parts: ServerCommandParts): Promise<ServerTarget> {
  try {
    return await askSchema(target, parts);
  } catch (error) {
    if (isDistrusted(error)) {
      const trusted = await askCertificate(target);
      if (trusted === undefined) throw error;
      return askSchemaOrLogin(trusted, parts);
    }
    if (!FaultlineError.is(error, 'unauthorised')) throw error;
    const { user, password } = await askLogin(target, parts);
    return askSchema(await parts.passwords.keep({ ...target, user }, password), parts);
  }
}

/** Fails: `cancelled`, and as reading a Secret does. */
async function askLogin(target: ServerTarget, parts: ServerCommandParts): Promise<SqlLogin> {
  const [{ askSqlLogin }, { findPasswordSecret, passwordIn }] = await Promise.all([
    import('../../session/sqlLoginDialog.ts'),
    import('../../../cluster/sqlLogin.ts'),
  ]);
  const { signal } = new AbortController();
  const connection = target.engine === 'clickhouse' ? await connectionOf(target, parts) : undefined;
  const at = target.at.kind === 'kubernetes' ? target.at : undefined;
  const secret = connection === undefined || at === undefined ? undefined : await findPasswordSecret(connection, at, signal);
  const title = t('{0} wants a login', target.name);
  return askSqlLogin(
    {
      user: target.user,
      ...(secret === undefined ? {} : { secret }),
      read: (found) => (connection === undefined ? Promise.reject(cancelled()) : passwordIn(connection, found, signal)),
    },
    {
      choose: async (placeHolder, choices) => vscode.window.showQuickPick(choices, { title, placeHolder, ignoreFocusOut: true }),
      text: async (prompt, value) => vscode.window.showInputBox({ title, prompt, value, ignoreFocusOut: true }),
      password: async (prompt) => vscode.window.showInputBox({ title, prompt, password: true, ignoreFocusOut: true }),
    },
  );
}

/** Of the server's cluster; undefined where it is in none, or its context is gone. */
async function connectionOf({ at }: ServerTarget, { clusters }: ServerCommandParts): Promise<ClusterConnection | undefined> {
  if (at.kind === 'url') return undefined;
  const context = (await clusters.contexts()).contexts.find(({ file, name }) => file === at.kubeconfig && name === at.context);
  return context === undefined ? undefined : (await clusters.use(context)).connection;
}

/** Where tables are looked for, of those that the server names; and whether it is TPC-H, whose answers are known. */
async function askSchema(target: ServerTarget, { namesOf }: ServerCommandParts): Promise<ServerTarget> {
  const names = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: t('Asking {0}', target.name) }, () =>
    namesOf(target),
  );
  const title = target.engine === 'clickhouse' ? t('Tables of which database?') : t('Tables of which catalog and schema?');
  const items = names.toSorted(inOrder.compare).map((name) => ({ label: name, description: aboutData(tpchScaleIn(name)) }));
  const chosen = await vscode.window.showQuickPick([{ label: t('None'), description: t('write it in each statement') }, ...items], {
    title,
  });
  if (chosen === undefined) throw cancelled();
  if (!names.includes(chosen.label)) return target;
  const scale = tpchScaleIn(chosen.label);
  const known = scale === undefined ? {} : { tpchScale: scale };
  if (target.engine === 'clickhouse') return { ...target, schema: chosen.label, ...known };
  const [catalog = '', schema = ''] = chosen.label.split('.');
  return { ...target, catalog, schema, ...known };
}

/** sf100 after sf30. */
const inOrder = new Intl.Collator('en', { numeric: true });

function aboutData(scale: number | undefined): string {
  if (scale === undefined) return '';
  return answeredScales.includes(scale) ? t('TPC-H {0}, answers are checked', scale) : t('TPC-H {0}', scale);
}

/** The connector of Trino and Presto names its schemas by scale, `faultline load tpch` its databases. */
export function tpchScaleIn(name: string): number | undefined {
  const [first = '', schema] = name.split('.');
  if (schema !== undefined && !/tpch/i.test(first)) return undefined;
  const own = schema ?? first;
  if (schema !== undefined && own === 'tiny') return 0.01;
  const match = /^(?:tpch_)?sf(\d+(?:[._]\d+)?)$/i.exec(own);
  if (match?.[1] === undefined || (schema === undefined && !/^tpch/i.test(own))) return undefined;
  return Number(match[1].replace('_', '.'));
}

/** Step by step, in a message that says which one failed and what helps. */
async function test(target: ServerTarget, { reach, passwords, notifier }: ServerCommandParts): Promise<void> {
  const { checkServer } = await import('../../../engine/check.ts');
  const steps: CheckStep[] = [];
  const options = { location: vscode.ProgressLocation.Notification, title: t('Testing {0}', target.name), cancellable: true };
  await vscode.window.withProgress(options, async (progress, token) => {
    const stop = new AbortController();
    token.onCancellationRequested(() => stop.abort());
    const password = target.secret === undefined ? undefined : await passwords.of(target.secret);
    const given = password === undefined ? {} : { password };
    for await (const step of checkServer(target, { reach: await reach(), signal: stop.signal, ...given })) {
      progress.report({ message: step.text });
      if (step.state !== 'running') steps.push(step);
    }
  });
  const failed = steps.find(({ state }) => state === 'failed');
  const passed = steps.filter(({ state }) => state === 'ok').map(({ step, durationMs }) => `${step} ${Math.round(durationMs ?? 0)} ms`);
  if (failed === undefined) notifier.tell(t('{0} answers: {1}.', target.name, passed.join(', ')));
  else
    notifier.warn(
      [`${target.name}: ${failed.text}`, failed.remedy, passed.length === 0 ? '' : t('Before it went well: {0}.', passed.join(', '))]
        .filter(Boolean)
        .join(' '),
    );
}
