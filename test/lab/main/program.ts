/** The lab's commands and their help. */
import { Argument, Command, Option } from 'commander';
import { ensureImages } from '../images/images.ts';
import type { LabOptions, Profile, Way } from '../lab.ts';
import { DEFAULT_MINOR, KUBERNETES } from '../versions.ts';
import type { KubernetesMinor } from '../versions.ts';
import { down, status, up } from '../ways.ts';
import { labOption, running } from './edges.ts';
import type { Edges, Outcome } from './edges.ts';
import { kubectl, kubectlFolder } from './kubectl.ts';
import { builtHelmFolder, helmFolder } from './helm.ts';
import { showLogs } from './logs.ts';
import { addNode } from './node.ts';
import { addScale } from './scale.ts';
import { engineNames, installEngines } from './with.ts';
import { describeLab, describeStatus, exportsText, tableText } from './words.ts';
import { formatBytes } from '../../../src/base/units.ts';

/** `outcome.code` is set by what the command came to. */
export function labProgram(edges: Edges): { readonly program: Command; readonly outcome: Outcome } {
  const outcome: Outcome = { code: 0 };
  const program = new Command('lab')
    .description('A Kubernetes cluster for tests and trials: of a kubeconfig, of kind, or made on this machine.')
    .helpOption('-h, --help', 'show this')
    .exitOverride()
    .configureOutput({ writeOut: edges.print, writeErr: edges.complain })
    .enablePositionalOptions()
    .showHelpAfterError('(--help says more)');
  addUp(program, edges);
  addState(program, edges, outcome);
  addUse(program, edges, outcome);
  addNode(program, edges);
  addScale(program, edges);
  return { program, outcome };
}

interface UpOptions {
  readonly lab: number;
  readonly profile: Profile;
  readonly kubernetes: KubernetesMinor;
  readonly images: LabOptions['images'];
  readonly kubeconfig?: string;
  readonly way?: Way;
  readonly yes?: true;
  readonly with?: string;
}

function addUp(program: Command, edges: Edges): void {
  const images = (text: string): LabOptions['images'] => {
    if (text === 'all') return text;
    return text === 'none' ? [] : text.split(',').map((name) => name.trim());
  };
  program
    .command('up')
    .description('bring a lab up; one that is up is repaired where it needs it')
    .addOption(
      new Option('--profile <profile>', 'api: no containers run; node: one real node; cluster: three')
        .choices(['api', 'node', 'cluster'])
        .default('cluster'),
    )
    .addOption(new Option('--kubernetes <minor>').choices(Object.keys(KUBERNETES)).default(DEFAULT_MINOR))
    .addOption(new Option('--images <names>', 'all, none, or short names: trino,kafka').default('all').argParser(images))
    .option('--kubeconfig <file>', 'use the cluster of this file, in namespaces of the lab’s own')
    .addOption(new Option('--way <way>', 'insist on one way').choices(['kubeconfig', 'kind', 'native']))
    .option('--with <engines>', 'install them too, with “faultline deploy”: trino,clickhouse,kafka')
    .option('--yes', 'do not ask before a cluster of yours is used')
    .addOption(labOption())
    .action(async ({ lab, profile, kubernetes, images: wanted, kubeconfig, way, yes, with: engines }: UpOptions) => {
      const names = await engineNames(engines ?? '');
      const options: LabOptions = {
        number: lab,
        profile,
        kubernetes,
        images: wanted,
        ...(kubeconfig === undefined ? {} : { kubeconfig }),
        ...(way === undefined ? {} : { way }),
      };
      const talk = yes === true ? { ...edges.talk, confirm: () => Promise.resolve(true) } : edges.talk;
      const onAbort = (): void => leave(lab);
      edges.signal.addEventListener('abort', onAbort, { once: true });
      const running = await up(options, edges.progress, talk);
      edges.signal.removeEventListener('abort', onAbort);
      edges.print(describeLab(running));
      // Charts are deployed with Helm: the shell and the workbench of npm start then have one.
      if (profile !== 'api') await helmFolder(edges.progress);
      if (names.length > 0) await installEngines(running, names, edges);
      edges.print(
        `For this shell: eval "$(npm run -s lab -- env${lab === 0 ? '' : ` --lab ${lab}`})"\nIn the editor: "npm start" lists it in the Clusters view by itself.\n`,
      );
    });
}

/** A start or a stop is left where it is: everything that it did is found by its number, so that the next one goes on from there. */
function leave(lab: number): never {
  const number = lab === 0 ? '' : ` --lab ${lab}`;
  console.error(
    `\nInterrupted. "npm run lab -- up${number}" goes on from here, "npm run lab -- down${number}" clears away what there is of lab ${lab}.`,
  );
  process.exit(130);
}

function addState(program: Command, edges: Edges, outcome: Outcome): void {
  program
    .command('down')
    .description('take a lab down and leave nothing of it')
    .addOption(labOption())
    .action(async ({ lab }: { lab: number }) => {
      edges.signal.addEventListener('abort', () => leave(lab), { once: true });
      await down(lab, edges.progress, edges.talk);
      edges.print(`Lab ${lab} is down.\n`);
    });
  program
    .command('status')
    .description('what runs, since when, how much memory, where the logs are; exit code 1 when the lab is not up')
    .option('--json', 'as one JSON object')
    .addOption(labOption())
    .action(async ({ lab, json }: { lab: number; json?: true }) => {
      const found = await status(lab);
      edges.print(json === true ? `${JSON.stringify(found, null, 2)}\n` : describeStatus(found, Date.now()));
      outcome.code = found.state === 'up' ? 0 : 1;
    });
  program
    .command('logs')
    .description('the log of a process (its name in status: kubelet lab-2), or which logs there are')
    .argument('[process...]')
    .option('-f, --follow', 'go on until Ctrl+C')
    .addOption(labOption())
    .action(async (words: string[], { lab, follow }: { lab: number; follow?: true }) =>
      showLogs(await running(lab), words.join(' '), follow === true, edges),
    );
}

function addUse(program: Command, edges: Edges, outcome: Outcome): void {
  program
    .command('env')
    .description('lines for eval: KUBECONFIG, and PATH with the kubectl of the lab, and its Helm once it was built')
    .addOption(labOption())
    .action(async ({ lab }: { lab: number }) => {
      const found = await running(lab);
      edges.print(exportsText(found.kubeconfig, [await kubectlFolder(found, edges.progress), builtHelmFolder()]));
    });
  program
    .command('kubectl')
    .description('kubectl on the lab; --lab comes first: kubectl --lab 1 get pods')
    .argument('[arguments...]')
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .addOption(labOption())
    .action(async (args: string[], { lab }: { lab: number }) => {
      outcome.code = await kubectl(await running(lab), args, edges.progress);
    });
  program
    .command('images')
    .description('make images (without names: all of them), and list them')
    .addArgument(new Argument('[names...]', 'short names: trino kafka'))
    .action(async (names: string[]) => {
      const store = await ensureImages(names.length === 0 ? 'all' : names, edges.progress);
      const wanted = names.length === 0 ? store.images : names.flatMap((name) => store.find(name) ?? []);
      const rows = wanted.map(({ short, name, sizeBytes, manifest }) => [short, formatBytes(sizeBytes), name, manifest.digest]);
      edges.print(tableText([['SHORT', 'SIZE', 'NAME', 'DIGEST'], ...rows], new Set([1])));
    });
}
