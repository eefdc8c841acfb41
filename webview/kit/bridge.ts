/** The page's end of the channel to the extension host, and the little state that outlives a hidden page. */
import { connect, type Port, type Remote } from '../../src/base/rpc.ts';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

/** Given by the workbench to every page; it may be called once. */
declare function acquireVsCodeApi(): VsCodeApi;

export interface Bridge<Host extends object, Page extends object> {
  readonly host: Remote<Host, Page>;
  /** What `save` kept last, unchecked: another version of this page may have written it. */
  load(): unknown;
  save(state: unknown): void;
}

/** `page` answers what the extension host calls. */
export function openBridge<Host extends object, Page extends object>(page: Page): Bridge<Host, Page> {
  const api = acquireVsCodeApi();
  const port: Port = {
    post: (message) => api.postMessage(message),
    listen: (onMessage) => {
      const listener = (event: MessageEvent<unknown>): void => onMessage(event.data);
      window.addEventListener('message', listener);
      return () => window.removeEventListener('message', listener);
    },
  };
  return {
    host: connect<Host, Page>(port, page),
    load: () => api.getState(),
    save: (state) => api.setState(state),
  };
}
