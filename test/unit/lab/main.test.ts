import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import type { LabStatus } from '../../lab/lab.ts';
import { runLab } from '../../lab/main/run.ts';
import { describeStatus, exportsText, tableText } from '../../lab/main/words.ts';
import { Progress } from '../../workbench/cache.mjs';

const now = Date.UTC(2026, 10, 21, 12);
const running: LabStatus = {
  number: 2,
  state: 'up',
  lab: {
    number: 2,
    way: 'native',
    profile: 'cluster',
    kubernetes: 'v1.34.4',
    kubeconfig: '/cache/lab/state-2/kubeconfig',
    nodes: ['lab-1', 'lab-2', 'lab-3'],
    logs: '/cache/lab/state-2/logs',
    upSince: now - 65_000,
  },
  processes: [
    { name: 'etcd', pid: 41, sinceMs: now - 70_000, memoryBytes: 60e6, log: '/cache/lab/state-2/logs/etcd.log' },
    { name: 'kubelet lab-2', pid: undefined, sinceMs: undefined, memoryBytes: undefined, log: '/cache/lab/state-2/logs/kubelet-lab-2.log' },
    { name: 'kube-apiserver', pid: 42, sinceMs: now - 69_000, memoryBytes: 300e6, log: '/cache/lab/state-2/logs/kube-apiserver.log' },
  ],
  faults: [{ node: 'lab-2', kind: 'stop', untilMs: now + 12_000 }],
};

describe('the status of a lab', () => {
  it('says what runs, for how long, with how much memory, and where its log is', () => {
    const lines = describeStatus(running, now).split('\n');
    assert.equal(lines[0], 'Lab 2 is up for 1:05 min: Kubernetes v1.34.4, native, profile cluster.');
    assert.ok(lines.includes('Node lab-2: stop, for another 12.0 s'));
    const row = (name: string): string[] => lines.find((line) => line.startsWith(name))?.split(/ {2,}/) ?? [];
    assert.deepEqual(row('etcd'), ['etcd', '41', '1:10 min', '60.0 MB', '/cache/lab/state-2/logs/etcd.log']);
    assert.deepEqual(row('kubelet lab-2'), ['kubelet lab-2', 'does not run', '/cache/lab/state-2/logs/kubelet-lab-2.log']);
    assert.deepEqual(row('in all'), ['in all', '360 MB']);
  });

  it('says what to do where the lab is not whole', () => {
    const text = (state: LabStatus['state']): string =>
      describeStatus({ ...running, state, lab: undefined, processes: [], faults: [] }, now);
    assert.equal(text('down'), 'Lab 2 is down.\n');
    assert.match(text('broken'), /"up" repairs it, "down" clears it away/);
    assert.match(text('starting'), /"up" goes on/);
  });

  it('stands in columns', () => {
    assert.equal(
      tableText(
        [
          ['A', 'SIZE'],
          ['abc', '5'],
        ],
        new Set([1]),
      ),
      'A    SIZE\nabc     5\n',
    );
  });
});

describe('lines for eval', () => {
  it('keep every character of a path, and put the lab’s kubectl before the shell’s own', () => {
    const folder = `/home/o'neill/a b$HOME\`id\`"`;
    const script = `PATH=/own; ${exportsText(`${folder}/kubeconfig`, [undefined, folder])}echo "$KUBECONFIG"; echo "$PATH"`;
    assert.equal(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }), `${folder}/kubeconfig\n${folder}:/own\n`);
  });
});

describe('the command line of the lab', () => {
  const saved = { cache: process.env['FAULTLINE_CACHE'], lab: process.env['FAULTLINE_LAB'] };
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'faultline-lab-cli-'));
    process.env['FAULTLINE_CACHE'] = folder;
    delete process.env['FAULTLINE_LAB'];
  });
  after(() => {
    if (saved.cache === undefined) delete process.env['FAULTLINE_CACHE'];
    else process.env['FAULTLINE_CACHE'] = saved.cache;
    if (saved.lab !== undefined) process.env['FAULTLINE_LAB'] = saved.lab;
    rmSync(folder, { recursive: true, force: true });
  });

  const lab = async (...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly error: string }> => {
    const said = { out: '', error: '' };
    const code = await runLab(args, {
      progress: new Progress('terminal'),
      talk: { say: (line) => (said.error += line), confirm: undefined },
      signal: new AbortController().signal,
      print: (text) => (said.out += text),
      complain: (text) => (said.error += text),
    });
    return { code, ...said };
  };

  it('answers an invalid request with 2 and a text', async () => {
    for (const [args, text] of [
      [['up', '--profile', 'huge'], /Allowed choices are api, node, cluster/],
      [['status', '--lab', '12'], /a number from 0 to 9/],
      [['scale', '--pods', 'many'], /A whole number/],
      [['scale', '--pods', '5', '--churn', 'fast'], /rate/],
      [['node', 'stop', 'lab-2'], /--for/],
    ] as const) {
      const { code, error } = await lab(...args);
      assert.equal(code, 2, args.join(' '));
      assert.match(error, text);
      assert.doesNotMatch(error, /\n\s+at /);
    }
  });

  it('says of a lab that is not up what brings it up, with exit code 3', async () => {
    for (const args of [['env'], ['logs'], ['kubectl', 'get', 'pods', '--all-namespaces'], ['scale', '--pods', '5']]) {
      const { code, error } = await lab(...args);
      assert.equal(code, 3, args.join(' '));
      assert.match(error, /Lab 0 is .*Bring it up: npm run lab -- up --lab 0/);
    }
  });

  it('says in the exit code of status whether the lab is up', async () => {
    const { code, out } = await lab('status', '--json');
    assert.equal(code, 1);
    assert.match(out, /"number": 0/);
    assert.doesNotMatch(out, /"state": "up"/);
  });

  it('tells what it can do on stdout', async () => {
    const { code, out } = await lab('--help');
    assert.equal(code, 0);
    for (const command of ['up', 'down', 'status', 'env', 'logs', 'kubectl', 'images', 'node', 'scale'])
      assert.match(out, new RegExp(`^  ${command} `, 'm'));
  });
});
