/** One line of a watch. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { ApiStatus } from '../connect/failure.ts';
import { field } from '../connect/kubeconfig.ts';
import type { KubeObject } from '../objects.ts';

export interface WatchEvent<T extends KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

/** Fails: `invalid` where the line is no event; an ERROR event fails with its own status. */
export function readEvent<T extends KubeObject>(line: string): WatchEvent<T> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    throw new FaultlineError(
      'invalid',
      { what: t('The server sent something that is no event of a watch'), meaning: line.slice(0, 200) },
      error,
    );
  }
  const type = field(json, 'type');
  const object = field(json, 'object');
  if (type === 'ERROR') throw errorEvent(object);
  const isKnown = type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK';
  if (!isKnown || typeof field(object, 'metadata') !== 'object') {
    throw new FaultlineError('invalid', { what: t('The server sent something that is no event of a watch'), meaning: line.slice(0, 200) });
  }
  // The kind's shape is the server's promise; that there is a metadata is what the code here needs.
  return { type, object: object as T };
}

function errorEvent(status: unknown): FaultlineError {
  const code = field(status, 'code');
  const message = field(status, 'message');
  const reason = field(status, 'reason');
  const said = typeof message === 'string' ? message : t('The server ended the watch with an error');
  // Some servers leave the code out of what they stream.
  const number = typeof code === 'number' ? code : reason === 'Expired' || reason === 'Gone' ? 410 : 500;
  const cause = new ApiStatus(number, said, typeof reason === 'string' ? { statusReason: reason } : {});
  return new FaultlineError(number >= 500 ? 'internal' : 'invalid', { what: said }, cause);
}
