import assert from 'node:assert/strict';
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resultsPanelType, settingDefaults, treeItems, views, walkthroughId } from '../../src/contributions.ts';

const root = join(import.meta.dirname, '../..');

interface Manifest {
  readonly icon: string;
  readonly activationEvents: readonly string[];
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly enablement?: string }[];
    readonly viewsContainers: { readonly activitybar: readonly { readonly icon: string }[] };
    readonly views: Readonly<Record<string, readonly { readonly id: string; readonly icon: string; readonly when?: string }[]>>;
    readonly viewsWelcome: readonly { readonly view: string; readonly contents: string; readonly when?: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string; readonly when?: string }[]>>;
    readonly keybindings: readonly { readonly command: string; readonly when?: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, Setting>> };
    readonly walkthroughs: readonly {
      readonly id: string;
      readonly steps: readonly {
        readonly description: string;
        readonly media: Readonly<Record<string, string>>;
        readonly completionEvents: readonly string[];
      }[];
    }[];
  };
}

interface Setting {
  readonly type: string;
  readonly default: unknown;
  readonly items?: { readonly type: string };
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly additionalProperties?: false | { readonly enum: readonly string[] };
}

/** Member names of an interface of contributions.ts, with the text of their types: names exist only for the compiler there. */
function membersOf(source: string, name: string): ReadonlyMap<string, string> {
  const body = new RegExp(`^export interface ${name} \\{\\n([^]*?)^\\}`, 'm').exec(source)?.[1] ?? '';
  return new Map([...body.matchAll(/^ {2}'(faultline\.[\w.]+)': (.*);$/gm)].map((match) => [match[1] ?? '', match[2] ?? '']));
}

const sorted = (names: Iterable<string>): readonly string[] => [...names].sort();

describe('contributions', () => {
  let manifest: Manifest;
  let source: string;
  let commands: readonly string[];

  before(async () => {
    manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest;
    source = await readFile(join(root, 'src/contributions.ts'), 'utf8');
    commands = sorted(membersOf(source, 'CommandArguments').keys());
  });

  it('every command in the palette is one the code knows, and the other way round', () => {
    assert.ok(commands.length > 0, 'commands were found in contributions.ts');
    assert.deepEqual(sorted(manifest.contributes.commands.map(({ command }) => command)), commands);
  });

  it('every command is registered by the extension, once', async () => {
    const registered: string[] = [];
    for (const name of await readdir(join(root, 'src/ui'), { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      const text = await readFile(join(root, 'src/ui', name), 'utf8');
      for (const match of text.matchAll(/\bregister\(\s*'(faultline\.\w+)'/g)) registered.push(match[1] ?? '');
    }
    assert.deepEqual(sorted(registered), commands);
  });

  it('the settings editor shows each setting with the default and type that the code uses', () => {
    const { properties } = manifest.contributes.configuration;
    const types = membersOf(source, 'Settings');
    assert.deepEqual(sorted(Object.keys(properties)), sorted(types.keys()));
    assert.deepEqual(
      Object.fromEntries(Object.entries(properties).map(([id, setting]) => [id, setting.default])),
      settingDefaults,
      'defaults',
    );
    const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(' | ');
    const typeOf = ({ type, items, properties: keys, additionalProperties }: Setting): string =>
      keys !== undefined
        ? `Readonly<Partial<Record<${quoted(Object.keys(keys))}, string>>>`
        : type === 'object'
          ? `Readonly<Record<string, ${quoted(additionalProperties === false ? [] : (additionalProperties?.enum ?? []))}>>`
          : type === 'array'
            ? `readonly ${items?.type}[]`
            : type === 'integer'
              ? 'number'
              : type;
    assert.deepEqual(
      Object.fromEntries(Object.entries(properties).map(([id, setting]) => [id, typeOf(setting)])),
      Object.fromEntries(types),
    );
  });

  it('what an untrusted workspace may not set are settings', () => {
    const ids = Object.keys(settingDefaults);
    for (const id of manifest.capabilities.untrustedWorkspaces.restrictedConfigurations) assert.ok(ids.includes(id), id);
  });

  it('the views and the panel are those of the code', () => {
    const ids = Object.values(manifest.contributes.views).flatMap((list) => list.map(({ id }) => id));
    assert.deepEqual(sorted(ids), sorted(Object.values(views)));
    for (const { view } of manifest.contributes.viewsWelcome) assert.ok(ids.includes(view), view);
    assert.ok(manifest.activationEvents.includes(`onWebviewPanel:${resultsPanelType}`));
  });

  it('menus and keys appear on conditions that the code can make true', () => {
    const { menus, keybindings, commands: all, viewsWelcome } = manifest.contributes;
    const conditions = [...Object.values(menus).flat(), ...keybindings, ...viewsWelcome].map(({ when }) => when ?? '');
    const text = [...conditions, ...all.map(({ enablement }) => enablement ?? '')].join('\n');
    const kinds: readonly string[] = Object.values(treeItems);
    const viewIds: readonly string[] = Object.values(views);
    for (const [, kind = ''] of text.matchAll(/viewItem [=!]= (\S+)/g)) assert.ok(kinds.includes(kind), `viewItem ${kind}`);
    for (const [, view = ''] of text.matchAll(/\bview [=!]= (\S+)/g)) assert.ok(viewIds.includes(view), `view ${view}`);
    const keys = [...text.matchAll(/(?<!view [=!]= )\bfaultline\.\w+/g)].map((match) => match[0]);
    assert.deepEqual(sorted(new Set(keys)), sorted(membersOf(source, 'ContextKeys').keys()), 'context keys');
  });

  it('a key of ours leaves the cells of a notebook to the notebook', () => {
    for (const { command, when } of manifest.contributes.keybindings) assert.match(when ?? '', /!notebookEditorFocused/, command);
  });

  it('menus, keys, walkthrough and welcome texts start commands that exist', () => {
    const { menus, keybindings, walkthroughs, viewsWelcome } = manifest.contributes;
    const steps = walkthroughs.flatMap((walkthrough) => walkthrough.steps);
    const texts = [...steps.map((step) => step.description), ...viewsWelcome.map(({ contents }) => contents)];
    const started = [
      ...[...Object.values(menus).flat(), ...keybindings].map(({ command }) => command),
      ...texts.flatMap((text) => [...text.matchAll(/\(command:([\w.]+)/g)].map((match) => match[1] ?? '')),
      ...steps.flatMap((step) => step.completionEvents).map((event) => event.replace(/^onCommand:/, '')),
    ];
    for (const command of started) assert.ok(commands.includes(command), command);
  });

  it('the walkthrough is the one that the code opens, with at most five steps', () => {
    assert.deepEqual(
      manifest.contributes.walkthroughs.map(({ id }) => id),
      [walkthroughId],
    );
    for (const { steps } of manifest.contributes.walkthroughs) assert.ok(steps.length <= 5);
  });

  it('every picture is there', async () => {
    const { walkthroughs, viewsContainers, views: containers } = manifest.contributes;
    const pictures = [
      manifest.icon,
      ...viewsContainers.activitybar.map(({ icon }) => icon),
      ...Object.values(containers).flatMap((list) => list.map(({ icon }) => icon)),
      ...walkthroughs.flatMap(({ steps }) => steps.flatMap(({ media }) => [media['svg'], media['image'], media['markdown']])),
    ];
    for (const picture of pictures) if (picture !== undefined) await access(join(root, picture));
  });
});
