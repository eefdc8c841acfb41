/** What an editor gives a page, inside the page: a channel to its host, and a place for what the page keeps. */
import type { Port } from '../../src/base/rpc.ts';

declare global {
  interface Window {
    acquireVsCodeApi: () => { postMessage(message: unknown): void; getState(): unknown; setState(state: unknown): void };
  }
}

/** The host's end. `storageKey`: under which the page's state is in the session storage. */
export function fakeChannel(storageKey: string): Port {
  let toHost: (message: unknown) => void = () => {};
  window.acquireVsCodeApi = () => ({
    postMessage: (message) => deliver(message, (copy) => toHost(copy)),
    getState: () => JSON.parse(sessionStorage.getItem(storageKey) ?? 'null') as unknown,
    setState: (state) => sessionStorage.setItem(storageKey, JSON.stringify(state)),
  });
  return {
    post: (message) => deliver(message, (copy) => window.postMessage(copy, '*')),
    listen: (onMessage) => {
      toHost = onMessage;
      return () => {};
    },
  };
}

/** A message between host and page is copied, and never arrives in the same turn. */
function deliver(message: unknown, receive: (copy: unknown) => void): void {
  const copy = JSON.parse(JSON.stringify(message)) as unknown;
  setTimeout(() => receive(copy));
}
