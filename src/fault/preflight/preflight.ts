/**
 * What the API says of a fault before a person confirms it: each right, asked as the identity that will act, for injecting and for
 * healing; then the very requests, played through without effect. Changes nothing.
 */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { permissionsOf, type Permissions } from '../../cluster/act/permissions.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import type { FaultKind, PlannedFault } from '../../journal/fault-plan.ts';
import { factsOf } from '../catalogue.ts';
import { refusal, type Refusal } from '../guard/refusal.ts';
import type { Injector, InjectorTiming, Rehearsal } from '../injector.ts';
import { needsOf, type Need } from '../needs.ts';
import { needKey, type CheckedNeed, type PreflightAnswers } from '../preview/preview.ts';

export interface PreflightOptions {
  /** A kind without one is refused. */
  readonly injectors: ReadonlyMap<FaultKind, Injector>;
  readonly timing: InjectorTiming;
}

/** Fails: `unreachable`, `unauthorised`, `timedOut`, `cancelled`: then nothing is known. */
export async function preflight(
  connection: ClusterConnection,
  fault: PlannedFault,
  options: PreflightOptions,
  signal: AbortSignal,
): Promise<PreflightAnswers> {
  const permissions = await checkNeeds(
    connection,
    fault.targets.flatMap((target) => needsOf(fault.kind, target)),
    signal,
  );
  const injector = options.injectors.get(fault.kind);
  if (injector === undefined)
    return { permissions, refusals: [refusal('mechanism', t('“{0}” is not possible here', factsOf(fault.kind).title))] };
  // A rehearsal of somebody who may not do it only says that again.
  if (permissions.some(({ answer }) => answer === 'no')) return { permissions, refusals: [] };
  const refusals: Refusal[] = [];
  for (const target of fault.targets) {
    const injection = { connection, run: 'preflight', index: 0, fault, target, consent: noConsent, timing: options.timing };
    refusals.push(...rehearsalRefusals(target.name, await injector.rehearse(injection, signal)));
  }
  return { permissions, refusals };
}

/** Each once. Fails as `preflight`. */
export async function checkNeeds(
  connection: ClusterConnection,
  all: readonly Need[],
  signal: AbortSignal,
): Promise<readonly CheckedNeed[]> {
  const needs = new Map(all.map((need) => [needKey(need), need]));
  const known = new Map<string | undefined, Promise<Permissions>>();
  const answers: CheckedNeed[] = [];
  for (const need of needs.values()) {
    const { namespace } = need;
    const permissions = known.get(namespace) ?? permissionsOf(connection, namespace, signal);
    known.set(namespace, permissions);
    answers.push({ ...need, answer: await answerTo(permissions, need, signal) });
  }
  return answers;
}

async function answerTo(permissions: Promise<Permissions>, need: Need, signal: AbortSignal): Promise<CheckedNeed['answer']> {
  const { verb, resource, group, subresource, name } = need;
  try {
    const wish = {
      verb,
      resource,
      ...(group === undefined ? {} : { group }),
      ...(subresource === undefined ? {} : { subresource }),
      ...(name === undefined ? {} : { name }),
    };
    return (await (await permissions).check(wish, signal)) ? 'yes' : 'no';
  } catch (error) {
    // Reviews themselves may be forbidden, or not served: then only trying tells.
    if (FaultlineError.is(error, 'forbidden') || FaultlineError.is(error, 'notFound')) return 'unknown';
    throw error;
  }
}

function rehearsalRefusals(target: string, rehearsal: Rehearsal): readonly Refusal[] {
  switch (rehearsal.kind) {
    case 'accepted':
      return [];
    case 'altered':
      return [refusal('mechanism', t('{0}: {1}', target, rehearsal.text.replace(/\.$/, '')))];
    case 'refused':
      return [
        refusal('mechanism', t('{0}: {1}', target, rehearsal.text.replace(/\.$/, '')), {
          ...(rehearsal.remedy === undefined ? {} : { remedy: rehearsal.remedy }),
        }),
      ];
  }
}

/** A rehearsal changes nothing, and so asks nobody. */
function noConsent(): never {
  throw new FaultlineError('refusedByProtection', { what: t('A rehearsal has no consent to change anything') });
}
