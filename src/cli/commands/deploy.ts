/** `deploy` and what belongs to it: options and help. */
import { Option, type Command } from 'commander';
import { parseDuration } from '../../run/spec/units.ts';
import { InvalidArgumentError } from 'commander';
import { FaultlineError } from '../../base/errors.ts';
import type { DeployArguments, DeployPaths, ReleaseArguments } from '../deploy.ts';
import type { Terminal } from '../terminal.ts';

type Run = (work: Promise<number>) => Promise<void>;

/** The work is loaded with the first use of it: YAML, schemas and the Kubernetes client take their time. */
const load = () => import('../deploy.ts');

export function addDeploy(program: Command, terminal: Terminal, paths: DeployPaths, run: Run): void {
  const deploy = program
    .command('deploy')
    .copyInheritedSettings(program)
    .summary('deploy a chart with Helm and follow it until it is ready')
    .description(
      'Deploys a chart: checks the values, shows what would change and which pods restart, installs or upgrades with the Helm on PATH (3 or 4), and tells what it waits for until all is ready.',
    )
    .argument('<chart>', 'trino, clickhouse, kafka, a folder, a .tgz file, repo/name, oci://… or https://…')
    .option('--profile <name>', 'of the chart: its values-NAME.yaml, such as dev or prod')
    .option('--values <file>', 'your own values, over those of the profile; can be repeated', several)
    .option('--set <key=value>', 'one value, over all files; can be repeated', several)
    .option('--release <name>', 'of the release (default: the chart’s name)')
    .option('--version <version>', 'of the chart, where it comes from a repository')
    .option('--repo <url>', 'the repository in which the chart is a name: the URL of the folder of its index.yaml')
    .option('--diff', 'print what would change, and change nothing')
    .option('--dry-run', 'print which objects would change and which pods restart, and change nothing')
    .option('--rollback-on-failure', 'go back to the revision before when it fails')
    .option('--recreate', 'delete objects whose changed fields can’t be changed, and make them anew');
  withPlace(deploy);
  withLimits(deploy);
  deploy
    .addHelpText(
      'after',
      `
Ctrl+C stops at once and leaves a state that the same command goes on from.

Examples:
  faultline deploy trino --profile dev
  faultline deploy kafka --profile prod --namespace streaming --values ours.yaml --diff
  faultline deploy oci://registry.example.com/charts/web --version 1.2.3 --set replicas=3
  faultline deploy web --repo https://charts.example.com --version 1.2.3
  faultline deploy status trino
  faultline deploy rollback trino`,
    )
    .action((chart: string, options: Omit<DeployArguments, 'chart'>) =>
      run(load().then(({ runDeploy }) => runDeploy({ ...options, chart }, terminal, paths))),
    );
  addReleases(deploy, terminal, paths, run);
}

function addReleases(deploy: Command, terminal: Terminal, paths: DeployPaths, run: Run): void {
  const of = (name: string, description: string): Command =>
    withPlace(
      deploy
        .command(name)
        .copyInheritedSettings(deploy)
        .description(description)
        .argument('<release>', 'its name, see “faultline deploy list”'),
    );
  of('status', 'Shows a release: its revision, what of it is ready, why something is stuck, and whether a deploy was interrupted.').action(
    (release: string, options: Omit<ReleaseArguments, 'release'>) =>
      run(load().then(({ runStatus }) => runStatus({ ...options, release }, terminal, paths))),
  );
  withLimits(of('rollback', 'Goes back to the revision that ran before, or to another one, and waits until it is ready.'))
    .option('--revision <number>', 'which one (default: the last that ran before this)', revision)
    .action((release: string, options: Omit<ReleaseArguments, 'release'> & { revision?: number }) =>
      run(load().then(({ runRollback }) => runRollback({ ...options, release }, terminal, paths))),
    );
  withLimits(of('uninstall', 'Takes a release away and says what stays: volumes with data, definitions of a chart.'))
    .option('--purge-data <release>', 'delete its volumes with their data too; the release’s name once more')
    .action((release: string, options: Omit<ReleaseArguments, 'release'> & { purgeData?: string }) =>
      run(load().then(({ runUninstall }) => runUninstall({ ...options, release }, terminal, paths))),
    );
  withLimits(of('test', 'Runs the tests of the release’s chart, and prints what they wrote.')).action(
    (release: string, options: Omit<ReleaseArguments, 'release'>) =>
      run(load().then(({ runTest }) => runTest({ ...options, release }, terminal, paths))),
  );
  withPlace(deploy.command('list').copyInheritedSettings(deploy).description('Lists the releases of a namespace, or of all of them.'))
    .option('-A, --all-namespaces', 'of every namespace')
    .action((options: Omit<ReleaseArguments, 'release'> & { allNamespaces?: boolean }) =>
      run(load().then(({ runList }) => runList(options, terminal, paths))),
    );
}

function withPlace(command: Command): Command {
  return command
    .option('-n, --namespace <name>', 'default: the context’s own')
    .option('--context <name>', 'of the kubeconfig (default: its current one)')
    .option('--kubeconfig <file>', 'that names the context (default: those that kubectl reads)')
    .option('--json', 'print one object');
}

function withLimits(command: Command): Command {
  return command
    .addOption(new Option('--timeout <time>', 'such as 10min: how long all of it may take').argParser(duration).default(600_000, '10min'))
    .option('--yes', 'do not ask')
    .option('--confirm-cluster <context>', 'the context’s name, for a cluster that is protected: every one that is no lab');
}

function several(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

function duration(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw FaultlineError.is(error) ? new InvalidArgumentError(error.message) : error;
  }
}

function revision(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('It is the number of a revision, such as 2.');
  return Number(text);
}
