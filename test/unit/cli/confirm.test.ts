import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { packagePaths } from '../../../src/base/package.ts';
import { runProgram } from '../../../src/cli/program.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import type { ScenePod } from '../../../src/fault/scene.ts';
import { RunStore } from '../../../src/journal/store.ts';
import { ScriptedApi } from '../fault/api.ts';
import { clickHouseObjects, scenePod, service, workload } from '../fault/scenes.ts';
import { makeHome, type Home, type Outcome } from './support.ts';

const labels = { app: 'web' };
/** Long enough to be stopped before anything is broken. */
const spec = `faultline: 1
name: one of two
faults: [{kind: podDelete, target: {pod: web-1}}]
probes: [{engine: clickhouse}]
baseline: 60 s
`;

function webPod(name: string): ScenePod {
  return scenePod({ name, labels, owner: { kind: 'StatefulSet', name: 'web' }, containers: [{ name: 'main' }], node: 'n0' });
}

describe('a cluster that is no lab, from the terminal', () => {
  let home: Home;
  let api: ScriptedApi;
  let kubeconfig: string;
  let file: string;

  beforeEach(async () => {
    home = await makeHome();
    file = join(home.path, 'web.faultline.yaml');
    await writeFile(file, spec);
    api = await ScriptedApi.start();
    const connection = await api.connect();
    connection.close();
    kubeconfig = connection.context.file;
    // What is broken, and whose users are asked meanwhile: another, since nothing answers for an engine here, which is not well then.
    const web = workload('StatefulSet', 'web', 2, labels);
    const { pods, nodes } = clickHouseObjects();
    for (const pod of [...pods, ...['web-0', 'web-1'].map(webPod)]) api.put('/api/v1/namespaces/data/pods', pod);
    api.put('/apis/apps/v1/namespaces/data/statefulsets', web.workload);
    for (const one of nodes) api.put('/api/v1/nodes', one);
    api.put('/api/v1/namespaces/data/services', service('house', pods[0]?.metadata.labels ?? {}, 8123));
  });
  afterEach(async () => {
    await api.stop();
    await home.remove();
  });

  /** `typed`: at a terminal, where a person is asked. */
  async function given(args: readonly string[], typed?: string): Promise<Outcome> {
    const isTTY = typed !== undefined;
    const [stdout, stderr, stdin] = [
      new PassThrough(),
      Object.assign(new PassThrough(), { isTTY }),
      Object.assign(new PassThrough(), { isTTY }),
    ];
    const terminal: Terminal = { stdout, stderr, stdin, env: { FAULTLINE_HOME: home.path }, signal: new AbortController().signal };
    if (typed !== undefined) stdin.write(`${typed}\n`);
    const code = await runProgram(args, terminal, packagePaths());
    stdout.end();
    stderr.end();
    return { code, stdout: await text(stdout), stderr: await text(stderr) };
  }
  const commands = (): Readonly<Record<string, readonly string[]>> => {
    const where = ['--kubeconfig', kubeconfig, '--context', 'fake', '--detach'];
    return {
      fault: ['fault', 'podDelete', '--target', 'pod=web-1', '--probe', 'clickhouse', '--baseline', '60s', ...where],
      run: ['run', file, ...where],
    };
  };
  async function refused({ code, stderr }: Outcome, words: RegExp): Promise<void> {
    assert.equal(code, 3, stderr);
    assert.match(stderr, words);
    assert.deepEqual(api.changes, []);
    assert.deepEqual(await new RunStore({ home: home.path }).list(), []);
  }
  /** Its next step: a run of its own, of what was previewed. */
  async function began({ code, stdout, stderr }: Outcome): Promise<void> {
    const runs = await new RunStore({ home: home.path }).list();
    for (const { run } of runs) await given(['stop', run]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      runs.map(({ header }) => header?.plan.fault?.faults.map(({ kind, targets }) => [kind, targets.map(({ name }) => name)])),
      [[['podDelete', ['web-1']]]],
    );
    assert.match(stdout, /^Run \S+ goes on by itself/);
    assert.deepEqual(
      api.changes.filter((change) => change.includes('/pods/web')),
      [],
    );
  }

  for (const command of ['fault', 'run'] as const) {
    const args = (...more: readonly string[]): readonly string[] => [...(commands()[command] ?? []), ...more];

    it(`${command} --yes is not enough: its name has to be given, and which it is stands there`, async () => {
      await refused(
        await given(args('--yes')),
        /^faultline: fake \(http:\/\/127\.0\.0\.1:\d+\) is protected: nothing was changed\.\n {2}Give --confirm-cluster fake when you mean it\.$/m,
      );
    });

    it(`${command} with another name is refused`, async () => {
      await refused(
        await given(args('--yes', '--confirm-cluster', 'staging')),
        /^faultline: “Break” was refused: “staging” is not the name of fake\.\n {2}Type fake to confirm\.$/m,
      );
    });

    it(`${command} with its name goes on`, async () => began(await given(args('--confirm-cluster', 'fake'))));

    it(`${command} asks a person for the name, also with --yes, and takes no other`, async () => {
      const another = await given(args('--yes'), 'y');
      assert.match(another.stderr, /fake \(http:\S+\) is protected\. Type its name to go on:/);
      await refused(another, /“y” is not the name of fake/);
    });
  }

  it('goes on where a person types its name', async () => began(await given(commands()['run'] ?? [], 'fake')));
});
