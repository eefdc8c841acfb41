/** All about one object in one text: what it is, how it is, and what happened to it. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import type { KubeEvent, KubeObject, ObjectList } from '../objects.ts';
import { kinds, pathOf } from '../watch/kinds.ts';
import { describeKind, pairs } from './describe/kinds.ts';
import { list, record, text } from './describe/json.ts';
import type { Json } from './describe/json.ts';
import { age, Page } from './describe/page.ts';
import { shown, shownAnnotations } from './describe/secrets.ts';

/** As `ObjectRef` of the tree's model. */
export interface Described {
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent for what belongs to no namespace. */
  readonly namespace?: string;
  readonly name: string;
}

/**
 * `events`: those of the object, in any order; the newest comes last. No value of a secret is in the text, nor one of an environment
 * variable, argument or annotation that looks like one. Ages are those at `nowMs`, by the wall clock.
 */
export function describeObject(object: KubeObject, events: readonly KubeEvent[] | 'forbidden', nowMs: number): string {
  // Plain JSON, of which each field is looked at before it is used.
  const json = record(object);
  const page = new Page();
  const { metadata } = object;
  page
    .field(t('Name'), metadata.name)
    .field(t('Namespace'), metadata.namespace ?? '')
    .field(t('Kind'), [text(json, 'kind'), text(json, 'apiVersion')].filter((part) => part !== '').join(', '))
    .field(
      t('Created'),
      metadata.creationTimestamp === undefined ? '' : t('{0}, {1} ago', metadata.creationTimestamp, age(metadata.creationTimestamp, nowMs)),
    )
    .values(t('Labels'), pairs(metadata.labels))
    .values(
      t('Annotations'),
      shownAnnotations(record(metadata.annotations)).map(([name, value]) => `${name}: ${value.split('\n')[0] ?? ''}`),
    )
    .values(
      t('Made by'),
      list(json, 'metadata', 'ownerReferences').map((owner) => `${text(owner, 'kind')} ${text(owner, 'name')}`),
    )
    .field(t('Kept by'), (metadata.finalizers ?? []).join(', '));
  describeKind(page, json, nowMs);
  page.section(t('Events'), () => {
    if (events === 'forbidden') page.line(t('(they may not be read: list events is missing)'));
    else if (events.length === 0) page.line(t('(none that are still kept)'));
    else
      page.table(
        [t('AGE'), t('TYPE'), t('REASON'), t('TIMES'), t('MESSAGE')],
        events.toSorted(byTime).map((event) => eventRow(event, nowMs)),
      );
  });
  return page.toString();
}

/** Asks for both. Events that may not be read are said to be missing. Fails as a request does. */
export async function describe(connection: ClusterConnection, described: Described, nowMs: number, signal?: AbortSignal): Promise<string> {
  const { apiVersion, kind, namespace, name } = described;
  const ending = signal === undefined ? {} : { signal };
  const path = await objectPath(connection, described, ending);
  const object = await connection.request<KubeObject>({ path, ...ending });
  const fieldSelector = [`involvedObject.kind=${kind}`, `involvedObject.name=${name}`].join(',');
  // What belongs to no namespace has its events in `default`.
  const events = await connection
    .request<ObjectList<KubeEvent>>({
      path: pathOf(kinds.events, { namespace: namespace ?? 'default' }),
      query: { fieldSelector },
      ...ending,
    })
    .then(
      ({ items }) => (items ?? []).filter(({ involvedObject }) => isOf(involvedObject?.uid, object)),
      (error: unknown) => {
        if (FaultlineError.is(error, 'forbidden')) return 'forbidden' as const;
        throw error;
      },
    );
  return describeObject({ ...object, apiVersion, kind }, events, nowMs);
}

/** Nodes are named by their name where others have a UID; an object of the same name that was deleted has events too. */
function isOf(uid: string | undefined, { metadata }: KubeObject): boolean {
  return uid === undefined || uid === '' || uid === metadata.uid || uid === metadata.name;
}

const KNOWN: readonly { readonly group: string; readonly version: string; readonly plural: string; readonly kind: string }[] =
  Object.values(kinds);

async function objectPath(
  connection: ClusterConnection,
  { apiVersion, kind, namespace, name }: Described,
  ending: { signal?: AbortSignal },
): Promise<string> {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const place = { name, ...(namespace === undefined ? {} : { namespace }) };
  const known = KNOWN.find((one) => one.kind === kind && one.group === group);
  if (known !== undefined) return pathOf(known, place);
  const resources = await connection.request<{ readonly resources?: readonly Json[] }>({ path: `/apis/${apiVersion}`, ...ending });
  const found = (resources.resources ?? []).find((one) => one['kind'] === kind && !text(one, 'name').includes('/'));
  if (found === undefined)
    throw new FaultlineError('notFound', {
      what: t('The cluster knows no kind {0} of {1}', kind, apiVersion),
      remedy: t('Its definition may have been removed.'),
    });
  return pathOf({ group: group ?? '', version: version ?? '', plural: text(found, 'name') }, place);
}

type Series = KubeEvent & {
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
  readonly reportingComponent?: string;
};

function lastTime(event: Series): string {
  return (
    event.series?.lastObservedTime ??
    event.lastTimestamp ??
    event.eventTime ??
    event.firstTimestamp ??
    event.metadata.creationTimestamp ??
    ''
  );
}

function byTime(a: KubeEvent, b: KubeEvent): number {
  return Date.parse(lastTime(a)) - Date.parse(lastTime(b));
}

function eventRow(event: Series, nowMs: number): readonly string[] {
  const count = event.series?.count ?? event.count ?? 1;
  const first = event.firstTimestamp ?? event.eventTime ?? '';
  const times = count > 1 ? t('{0} in {1}', count, age(first, nowMs)) : '1';
  return [age(lastTime(event), nowMs), event.type ?? '', event.reason ?? '', times, shown('', (event.message ?? '').replaceAll('\n', ' '))];
}
