/** What a deploy would change, found without changing anything. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { statusOf } from '../../cluster/connect/failure.ts';
import { loadChart, readProfile } from '../chart.ts';
import type { LoadedChart } from '../chart.ts';
import { stoppedLooking } from '../change.ts';
import type { ClusterIdentity, DeployRequest, HeldPlan, Refusal } from '../deploy.ts';
import type { ReleaseState } from '../release.ts';
import { makeScratch, removeScratch } from '../scratch.ts';
import type { Helm } from '../helm/helm.ts';
import { lint } from '../lint/lint.ts';
import type { LintWarning } from '../lint/warning.ts';
import { eachOf, idOf, ifAllowed, isTest, Kinds, labelOf, parseManifests } from '../objects.ts';
import type { Manifest, Rendered, Requests } from '../objects.ts';
import { effective } from '../values/merge.ts';
import { keyText, problemsOf, refuseProblems } from '../values/schema.ts';
import { merged, readValues, setsSource, valuesOf } from '../values/sources.ts';
import type { ValuesSource } from '../values/sources.ts';
import { unknownKeys } from '../values/unknown.ts';
import { compare } from './diff.ts';
import type { Comparison, ObjectSides } from './diff.ts';
import { restartOf } from './restarts.ts';
import { unnoticedConfigs } from './unnoticed.ts';

const AT_ONCE = 8;

export interface PlanPlace {
  readonly helm: Helm;
  readonly requests: Requests;
  readonly chartsFolder: string;
  /** Faultline's: plans are kept below it while they are needed. */
  readonly home: string;
  identity(signal: AbortSignal): Promise<ClusterIdentity>;
}

export async function makePlan(place: PlanPlace, request: DeployRequest, signal: AbortSignal): Promise<HeldPlan> {
  checkNames(request);
  const folder = await makeScratch(place.home);
  try {
    return await planIn(folder, place, request, signal);
  } catch (error) {
    removeScratch(folder);
    throw stoppedLooking(error);
  }
}

async function planIn(folder: string, place: PlanPlace, request: DeployRequest, signal: AbortSignal): Promise<HeldPlan> {
  const { helm, requests, chartsFolder } = place;
  const chart = await loadChart(request, { helm, chartsFolder, scratch: folder }, signal);
  const given = await sourcesOf(chart, request);
  const values = merged(given);
  if (chart.schema !== undefined) {
    const sources = [chart.defaults, ...given];
    refuseProblems(chart.name, problemsOf(chart.schema, effective(chart.defaults.values, values), sources));
  }
  const valuesFile = join(folder, 'values.yaml');
  await writeFile(valuesFile, stringify(values, { aliasDuplicateObjects: false }), { mode: 0o600 });

  const [cluster, history] = await Promise.all([place.identity(signal), helm.history(request, signal)]);
  const current = history[0];
  const { release, namespace } = request;
  const text = await helm.template({ release, namespace, chart: chart.folder, valuesFile, isUpgrade: current !== undefined }, signal);
  const next = parseManifests(text);
  const before = current === undefined ? [] : await renderedBefore(helm, history, signal);
  const found = await compareAll(requests, { before, after: next.objects, namespace }, signal);
  const changedConfigs = found.comparisons
    .filter(({ object }) => (object.kind === 'ConfigMap' || object.kind === 'Secret') && object.action !== 'none')
    .map(({ object }) => `${object.kind}/${object.name}`);
  const restarts = found.comparisons.flatMap((one, at) => restartOf(one, found.live[at], changedConfigs) ?? []);
  const version = { name: chart.name, version: chart.version, ...(chart.appVersion === undefined ? {} : { appVersion: chart.appVersion }) };
  return {
    request,
    chart: version,
    cluster,
    ...(current === undefined ? {} : { current }),
    objects: found.comparisons.map(({ object }) => object),
    restarts,
    refusals: found.refusals,
    warnings: [...unknownWarnings(chart, given), ...lint(next.objects), ...unnoticedConfigs(next.objects, found.comparisons, restarts)],
    tests: testsOf(next),
    manifests: next.objects,
    hooks: next.hooks.filter((hook) => !isTest(hook)),
    chartFolder: chart.folder,
    valuesFile,
    dispose: () => removeScratch(folder),
  };
}

async function sourcesOf(
  chart: LoadedChart,
  { profile, valuesFiles = [], valuesTexts = [], sets = [] }: DeployRequest,
): Promise<readonly ValuesSource[]> {
  return [
    ...(profile === undefined ? [] : [await readProfile(chart, profile)]),
    ...(await Promise.all(valuesFiles.map(readValues))),
    ...valuesTexts.map(({ name, text }) => valuesOf(name, text)),
    ...(sets.length === 0 ? [] : [setsSource(sets)]),
  ];
}

/** Helm compares with the last revision that was deployed; an interrupted one may have made more. */
async function renderedBefore(helm: Helm, history: readonly ReleaseState[], signal: AbortSignal): Promise<readonly Manifest[]> {
  const [newest] = history;
  const base = history.find(({ status }) => status === 'deployed') ?? newest;
  const revisions = new Set([newest, base].flatMap((state) => (state === undefined ? [] : [state])));
  const objects = new Map<string, Manifest>();
  for (const { revision, release, namespace } of revisions) {
    const text = await helm.manifest({ release, namespace }, signal, revision);
    for (const object of parseManifests(text).objects) objects.set(idOf(object, namespace), object);
  }
  return [...objects.values()];
}

interface Compared {
  readonly comparisons: readonly Comparison[];
  /** At the same places. */
  readonly live: readonly (Manifest | undefined)[];
  readonly refusals: readonly Refusal[];
}

interface Sets {
  readonly before: readonly Manifest[];
  readonly after: readonly Manifest[];
  readonly namespace: string;
}

async function compareAll(requests: Requests, { before, after, namespace }: Sets, signal: AbortSignal): Promise<Compared> {
  const kinds = new Kinds(requests, signal);
  const old = new Map(before.map((object) => [idOf(object, namespace), object]));
  const ids = new Set(after.map((object) => idOf(object, namespace)));
  const pairs: ObjectSides[] = [
    ...after.map((object) => {
      const was = old.get(idOf(object, namespace));
      return { after: object, ...(was === undefined ? {} : { before: was }) };
    }),
    ...before.filter((object) => !ids.has(idOf(object, namespace))).map((object) => ({ before: object })),
  ];
  const hasNamespace =
    (await ifAllowed(requests.request({ path: `/api/v1/namespaces/${encodeURIComponent(namespace)}`, signal }))) !== undefined;
  const refusals: Refusal[] = [];
  const results = await eachOf(pairs, AT_ONCE, async (pair) => {
    const known = pair.after ?? pair.before;
    const path = known === undefined ? undefined : await kinds.pathOf(known, namespace);
    const live = path === undefined ? undefined : await ifAllowed(requests.request<Manifest>({ path, signal }));
    const asked =
      path === undefined || pair.after === undefined || !hasNamespace
        ? {}
        : await dryRun(requests, path, pair.after, live !== undefined, signal);
    if (asked.refusal !== undefined) refusals.push(asked.refusal);
    const comparison = compare({
      ...pair,
      ...(live === undefined ? {} : { live }),
      ...(asked.wouldBe === undefined ? {} : { wouldBe: asked.wouldBe }),
      ...(asked.immutable === undefined ? {} : { immutable: asked.immutable }),
    });
    return { comparison, live };
  });
  const kept = results.flatMap(({ comparison, live }) => (comparison === undefined ? [] : [{ comparison, live }]));
  return { comparisons: kept.map(({ comparison }) => comparison), live: kept.map(({ live }) => live), refusals };
}

interface Asked {
  readonly wouldBe?: Manifest;
  readonly immutable?: string;
  readonly refusal?: Refusal;
}

const IMMUTABLE = /field is immutable|updates to statefulset spec for fields other than|may not change once set|is immutable after/;

/** The server's own answer to the object, with nothing stored: defaults, admission, quotas, fields that can't be changed. */
async function dryRun(requests: Requests, path: string, object: Manifest, isThere: boolean, signal: AbortSignal): Promise<Asked> {
  try {
    const query = { fieldManager: 'helm', force: true, dryRun: 'All' };
    const wouldBe = await requests.request<Manifest>({
      method: 'PATCH',
      path,
      query,
      body: object,
      contentType: 'application/apply-patch+yaml',
      signal,
    });
    return { wouldBe };
  } catch (error) {
    if (!FaultlineError.is(error)) throw error;
    const said = error.facts.meaning !== undefined && error.reason === 'forbidden' ? error.facts.meaning : error.facts.what;
    if (statusOf(error) === 422 && isThere && IMMUTABLE.test(said)) return { immutable: said };
    // 409: Helm's own apply meets the same managers, and says so better. 404: its namespace or definition comes with the chart.
    if (error.reason === 'forbidden' && !/exceeded quota|admission|violates|denied the request/i.test(said)) return {};
    // An object of the wrong shape makes the server fail (500) before it judges: only its words tell that from a failure of its own.
    const isMisshapen = statusOf(error) === 500 && /unable to convert|failed to create typed/.test(said);
    const isRefusal = error.reason === 'forbidden' || statusOf(error) === 400 || statusOf(error) === 422 || isMisshapen;
    return isRefusal ? { refusal: { object: labelOf(object), text: said } } : {};
  }
}

function unknownWarnings(chart: LoadedChart, given: readonly ValuesSource[]): readonly LintWarning[] {
  // A schema has told already.
  if (chart.schema !== undefined) return [];
  return given.flatMap((source) =>
    unknownKeys(chart.defaults.values, source.values, chart.dependencies).map(({ path, meant }) => {
      const place = source.placeOf(path);
      const where = place === undefined ? source.name : `${source.name}:${place}`;
      const text = t(
        '{0}: the chart has no value {1}{2}',
        where,
        keyText(path),
        meant === undefined ? '' : t('; did you mean “{0}”?', meant),
      );
      return { rule: 'unknown-value', object: `Chart/${chart.name}`, text };
    }),
  );
}

function testsOf({ hooks }: Rendered): readonly string[] {
  return hooks.filter(isTest).map(({ metadata }) => metadata.name);
}

function checkNames({ release, namespace }: DeployRequest): void {
  const form = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
  const remedy = (limit: number): string => t('Small letters, digits and “-”, up to {0} of them.', limit);
  if (!form.test(release) || release.length > 53)
    throw new FaultlineError('invalid', { what: t('“{0}” can’t be the name of a release', release), remedy: remedy(53) });
  if (!form.test(namespace) || namespace.length > 63)
    throw new FaultlineError('invalid', { what: t('“{0}” can’t be a namespace', namespace), remedy: remedy(63) });
}
