// npm run bench:cluster [-- engines|watch] [--lab N] [--minutes M]: how soon engines are ready, what our clients add to a statement, what a watch of ten thousand pods costs. One table; 1 when a limit is broken.
import { parseArgs } from 'node:util';
import { lazyReach } from '../../src/cluster/lazy.ts';
import { Progress } from '../workbench/cache.mjs';
import { ensureImages } from '../lab/images/images.ts';
import { scale } from '../lab/kwok/scale.ts';
import type { Profile, RunningLab } from '../lab/lab.ts';
import { ENGINES_NAMESPACE, installEngines } from '../lab/main/with.ts';
import { apiOf, loadKubeconfig } from '../lab/use/api.ts';
import { DEFAULT_MINOR } from '../lab/versions.ts';
import { down, up } from '../lab/ways.ts';
import { measureStatements } from './cluster/statements.ts';
import { measureWatch } from './cluster/watch.ts';
import { atMost, printFindings, type Finding } from './table.ts';

const PODS = 10_000;
/** s, from the command until the last pod is ready, images in the cache: a published minikube run took 2 to 3 min an engine, 5 for Kafka. */
const READY = { kafka: 60, clickhouse: 45, trino: 90 } as const;

const progress = new Progress('lines');

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { lab: { type: 'string', default: '9' }, minutes: { type: 'string', default: '20' } },
    allowPositionals: true,
  });
  const number = Number(values.lab);
  const minutes = Number(values.minutes);
  const unknown = positionals.filter((name) => !(name in parts));
  if (unknown.length > 0 || !/^\d$/.test(values.lab) || !(minutes >= 3)) {
    console.error(`Usage: npm run bench:cluster [-- ${Object.keys(parts).join('|')}] [--lab 0 to 9] [--minutes 3 or more]`);
    return 2;
  }
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interrupted.abort());
  await down(number, progress);
  const findings: Finding[] = [];
  for (const [name, measure] of Object.entries(parts)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    try {
      findings.push(...(await measure(number, minutes, interrupted.signal)));
    } finally {
      await down(number, progress);
    }
  }
  return printFindings(findings) > 0 ? 1 : 0;
}

const parts: Readonly<Record<string, (number: number, minutes: number, signal: AbortSignal) => Promise<readonly Finding[]>>> = {
  engines: measureEngines,
  watch: measurePods,
};

async function measureEngines(number: number, _: number, signal: AbortSignal): Promise<readonly Finding[]> {
  await ensureImages(['busybox', 'trino', 'clickhouse-modern', 'kafka'], progress);
  const lab = await start(number, 'cluster', ['busybox', 'trino', 'clickhouse-modern', 'kafka']);
  const findings: Finding[] = [];
  for (const [name, limit] of Object.entries(READY)) {
    const started = performance.now();
    await installEngines(lab, [name], { progress, signal, print: (text) => process.stdout.write(text) });
    findings.push(
      atMost(
        `${name}, ready`,
        (performance.now() - started) / 1000,
        limit,
        's',
        'faultline deploy, profile lab, from an empty namespace until every pod is ready',
      ),
    );
  }
  return [...findings, ...(await statementsOf(lab, signal))];
}

async function statementsOf({ kubeconfig }: RunningLab, signal: AbortSignal): Promise<readonly Finding[]> {
  const config = loadKubeconfig(kubeconfig, ENGINES_NAMESPACE);
  const { core } = apiOf(config, signal);
  const { data = {} } = await core.readNamespacedSecret({ namespace: ENGINES_NAMESPACE, name: 'clickhouse-auth' });
  const password = Buffer.from(data['password'] ?? '', 'base64').toString();
  const reach = lazyReach(process.env);
  const place = (service: string, port: number) =>
    ({
      kind: 'kubernetes',
      kubeconfig,
      context: config.currentContext,
      namespace: ENGINES_NAMESPACE,
      service,
      port,
      scheme: 'http',
    }) as const;
  const findings: Finding[] = [];
  const clickhouse = await reach(place('clickhouse', 8123), signal);
  findings.push(...(await measureStatements({ engine: 'clickhouse', url: clickhouse.url, user: 'default', password })));
  await clickhouse.close();
  const trino = await reach(place('trino', 8080), signal);
  findings.push(...(await measureStatements({ engine: 'trino', url: trino.url, user: 'faultline' })));
  await trino.close();
  return findings;
}

async function measurePods(number: number, minutes: number, signal: AbortSignal): Promise<readonly Finding[]> {
  const { kubeconfig } = await start(number, 'api', ['busybox']);
  await scale({ kubeconfig, number, pods: PODS, signal, say: () => undefined });
  return measureWatch(kubeconfig, minutes);
}

function start(number: number, profile: Profile, images: readonly string[]): Promise<RunningLab> {
  return up({ number, profile, kubernetes: DEFAULT_MINOR, images, way: 'native' }, progress);
}

process.exitCode = await main();
