/** What the API server answered instead of what was asked for, as one of our errors. */
import * as v from 'valibot';
import type { ErrorReason } from '../../base/errors.ts';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';

const Status = v.object({ message: v.optional(v.string()), reason: v.optional(v.string()) });

/** `body`: a `Status` of Kubernetes, or whatever stands in front of the API server wrote. */
export function errorOfStatus(what: string, status: number, body: string): FaultlineError {
  const words = messageOf(body);
  const meaning = words === '' ? t('The API server answered {0}.', status) : words;
  return new FaultlineError(reasonFor(status), { what: t('{0} was refused by the cluster', what), meaning, ...remedyFor(status) });
}

function reasonFor(status: number): ErrorReason {
  if (status === 401) return 'unauthorised';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'notFound';
  return status >= 500 || status === 429 ? 'unreachable' : 'invalid';
}

function remedyFor(status: number): { readonly remedy?: string } {
  if (status === 401) return { remedy: t('Renew the login of this context.') };
  if (status === 403) return { remedy: t('Ask for this permission, or use a context that has it.') };
  return {};
}

const SHOWN = 500;

function messageOf(body: string): string {
  try {
    return v.parse(Status, JSON.parse(body)).message ?? '';
  } catch {
    return body.trim().slice(0, SHOWN);
  }
}
