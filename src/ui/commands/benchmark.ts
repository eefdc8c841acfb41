/** Starting benchmarks: of a statement, of the library, of a spec file; and opening one as text before it is run. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { EngineTarget } from '../../engine/engine.ts';
import type { PlanTarget, RunPlan } from '../../journal/plan.ts';
import type { FaultSpec, ReadSpec, SpecOptions, SpecProblem } from '../../run/spec/spec.ts';
import type { SpecSubject, SpecTextOptions } from '../../run/spec/write.ts';
import { entriesOf, type Library, type LibraryEntry, type LibraryNode } from '../../workload/library.ts';
import type { Commands, SettingsReader } from '../contribute.ts';
import { placeOf } from '../editor/spec/documents.ts';
import type { Statements } from '../editor/statements.ts';
import { needsTrust } from '../notify.ts';
import { benchmarkText, libraryBenchmark, questionBefore, statementBenchmark, type Benchmark } from '../session/benchmark.ts';
import type { Session } from '../session/session.ts';

/** The room of specs, loaded when it is needed: YAML and schemas are no small code. */
export interface SpecRoom {
  readSpec(text: string, options: Omit<SpecOptions, 'library'>): Promise<ReadSpec>;
  /** Fails with `invalid`. */
  planOf(text: string, options: Omit<SpecOptions, 'library'>): Promise<RunPlan>;
  specText(subject: SpecSubject, options: SpecTextOptions): Promise<string>;
}

export interface BenchmarkParts {
  readonly commands: Commands;
  readonly settings: SettingsReader;
  readonly statements: Statements;
  readonly session: Session;
  readonly library: () => Library;
  readonly specs: SpecRoom;
  /** What queries of TPC-H run on when an own file is selected. */
  readonly defaultTarget: EngineTarget;
  /** Starts it and shows its panel. */
  readonly start: (plan: RunPlan) => Promise<string>;
  /** Of what breaks something: nothing is begun before a person has confirmed that. */
  readonly preview: (document: vscode.TextDocument, spec: FaultSpec) => Promise<void>;
}

export function registerBenchmarkCommands(parts: BenchmarkParts): Disposable {
  const { commands, specs } = parts;
  return vscode.Disposable.from(
    commands.register('faultline.benchmarkStatement', async (argument) => run(await ofStatement(argument, parts), parts)),
    commands.register('faultline.benchmarkLibrary', async (item, items) => {
      const benchmark = await ofLibrary(item, items, parts);
      return benchmark && run(benchmark, parts);
    }),
    commands.register('faultline.openBenchmarkSpec', async (subject, items) => {
      const isLibrary = nodesOf(subject, items).length > 0 || typeof subject === 'string';
      const benchmark = isLibrary ? await ofLibrary(subject, items, parts) : await ofStatement(subject, parts);
      if (!benchmark) return undefined;
      return openText(await textOf(benchmark, parts), benchmark.name);
    }),
    commands.register('faultline.runSpec', async (uri) => {
      const document = await specDocument(uri);
      // The text decides what runs and which files are read, wherever it came from.
      if (!vscode.workspace.isTrusted) throw needsTrust(t('Spec files are not run'));
      const { plan, breaks, problems } = await specs.readSpec(document.getText(), placeOf(document.uri));
      const [first, ...more] = problems.filter(({ severity }) => severity === 'error');
      if (first) {
        await showProblem(document, first);
        const what = t('{0}, at line {1}', first.message, first.line + 1) + (more.length > 0 ? t(' ({0} more)', more.length) : '');
        throw invalid(what, first.remedy);
      }
      if (breaks) return parts.preview(document, breaks);
      return plan && parts.start(plan);
    }),
  );
}

async function run(benchmark: Benchmark, parts: BenchmarkParts): Promise<string | undefined> {
  const question = questionBefore(benchmark);
  if (question !== undefined) {
    const { what, detail, button } = question;
    if ((await vscode.window.showWarningMessage(what, { modal: true, detail }, button)) !== button) return undefined;
  }
  const text = await textOf(benchmark, parts);
  const run = await parts.start(await parts.specs.planOf(text, placeOf(undefined)));
  vscode.window.setStatusBarMessage(t('Benchmark: {0}', benchmarkText(benchmark)), 8_000);
  return run;
}

function textOf({ subject, name, target, iterations, durationMs }: Benchmark, { specs, settings }: BenchmarkParts): Promise<string> {
  const threads = settings.read('faultline.duckdb.threads');
  const memoryLimitBytes = settings.read('faultline.duckdb.memoryLimitMB') * 1e6;
  const bounds = { iterations, ...(durationMs === undefined ? {} : { durationMs }) };
  return specs.specText(subject, { target: planTarget(target), name, ...bounds, threads, memoryLimitBytes });
}

async function ofStatement(argument: unknown, { statements, session, library }: BenchmarkParts): Promise<Benchmark> {
  const { document, statements: meant } = await statements.meant(argument);
  const [first, ...more] = meant;
  if (!first || more.length > 0) {
    throw invalid(
      t('{0} statements are selected; one can be benchmarked at a time', meant.length),
      t('Put the cursor into it, or write a benchmark file with all of them.'),
    );
  }
  const { sql, title } = statements.toRun(document, first, 'rows');
  return statementBenchmark({ sql, title }, session.target, await library().entries());
}

/** From tree items, a path in the library, or a question. */
async function ofLibrary(item: unknown, items: unknown, parts: BenchmarkParts): Promise<Benchmark | undefined> {
  const { library, session, defaultTarget } = parts;
  const nodes = nodesOf(item, items);
  const chosen = nodes.length > 0 ? nodes : typeof item === 'string' ? await nodesAt(item, library()) : await chooseNodes(library());
  if (!chosen) return undefined;
  const entries = [...new Map([...entriesOf(chosen)].map((entry) => [entry.path, entry])).values()];
  if (entries.length === 0) throw invalid(t('There is no query in what was chosen'), t('Choose a query, or a folder with queries.'));
  const [only] = chosen;
  const title = chosen.length === 1 && only ? titleOf(only) : t('{0} queries', entries.length);
  return libraryBenchmark(entries, title, session.target, defaultTarget);
}

/** A folder of TPC-H is its title; one of its queries is called as everywhere: "q06". */
function titleOf(node: LibraryNode): string {
  const number = node.kind === 'entry' ? /^tpch\/(q\d\d)\.sql$/.exec(node.path)?.[1] : undefined;
  return number ?? node.title;
}

/** The library's own nodes behind tree items: the one that a menu stands on, or all that are selected. */
function nodesOf(item: unknown, items: unknown): readonly LibraryNode[] {
  const all: readonly unknown[] = Array.isArray(items) && items.length > 0 ? items : [item];
  return all.flatMap((each) => {
    if (typeof each !== 'object' || each === null || !('library' in each)) return [];
    return [each.library as LibraryNode];
  });
}

/** "tpch" is a folder, "tpch/q06.sql" an entry. Fails with `notFound`. */
async function nodesAt(path: string, library: Library): Promise<readonly LibraryNode[]> {
  const folder = (await library.list()).find((node) => node.kind === 'folder' && !node.own && folderName(node.path) === path);
  return folder ? [folder] : [await library.entry(path)];
}

interface NodeItem extends vscode.QuickPickItem {
  readonly node?: LibraryNode;
}

async function chooseNodes(library: Library): Promise<readonly LibraryNode[] | undefined> {
  const nodes = await library.list();
  const tpch = nodes.find((node) => node.kind === 'folder' && !node.own && folderName(node.path) === 'tpch');
  const item = (entry: LibraryEntry): NodeItem => ({
    label: entry.title,
    description: entry.path,
    ...(entry.stresses === undefined ? {} : { detail: entry.stresses }),
    node: entry,
  });
  const all: NodeItem = { label: t('TPC-H, all 22 queries'), description: t('in the order of the power test') };
  const items = [...(tpch ? [{ ...all, node: tpch }] : []), ...[...entriesOf(nodes)].map(item)];
  const options = { title: t('Benchmark which queries?'), canPickMany: true, matchOnDescription: true, matchOnDetail: true } as const;
  const chosen = await vscode.window.showQuickPick(items, options);
  return chosen && chosen.length > 0 ? chosen.flatMap(({ node }) => (node ? [node] : [])) : undefined;
}

function folderName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? '';
}

async function specDocument(argument: unknown): Promise<vscode.TextDocument> {
  const uri = argument instanceof vscode.Uri ? argument : typeof argument === 'string' ? vscode.Uri.parse(argument, true) : undefined;
  if (uri) return vscode.workspace.openTextDocument(uri);
  const document = vscode.window.activeTextEditor?.document;
  if (document && isSpec(document.uri)) return document;
  throw invalid(t('There is no benchmark file to run'), t('Open a file that ends with .faultline.yaml.'));
}

function isSpec({ path }: vscode.Uri): boolean {
  return /\.faultline\.ya?ml$/.test(path);
}

async function showProblem(document: vscode.TextDocument, { line, column, endLine, endColumn }: SpecProblem): Promise<void> {
  const range = new vscode.Range(line, column, endLine, endColumn);
  const editor = await vscode.window.showTextDocument(document);
  editor.selection = new vscode.Selection(range.start, range.start);
  editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

/** An unsaved document beside nothing: saving it proposes its name in the workspace. */
export async function openText(content: string, name: string): Promise<vscode.Uri> {
  const uri = await freeUri(name);
  const document = await vscode.workspace.openTextDocument(uri);
  const edit = new vscode.WorkspaceEdit();
  edit.insert(uri, new vscode.Position(0, 0), content);
  await vscode.workspace.applyEdit(edit);
  await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One, preview: false });
  return uri;
}

async function freeUri(name: string): Promise<vscode.Uri> {
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri;
  const stem = name.replace(/[^\p{L}\p{N}.]+/gu, '-').replace(/^[-.]+|[-.]+$/g, '') || 'benchmark';
  for (let number = 1; ; number++) {
    const file = `${stem}${number === 1 ? '' : `-${number}`}.faultline.yaml`;
    const path = folder ? vscode.Uri.joinPath(folder, file).path : file;
    const uri = vscode.Uri.from({ scheme: 'untitled', path });
    const isOpen = vscode.workspace.textDocuments.some((document) => document.uri.path === path);
    if (!isOpen && !(folder && (await exists(vscode.Uri.joinPath(folder, file))))) return uri;
  }
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}

function planTarget(target: EngineTarget): PlanTarget {
  return target.kind === 'tpch' ? { kind: 'tpch', scale: target.scale } : target;
}
