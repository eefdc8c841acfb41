/** What is asked of an API server. */

export interface ApiRequest {
  /** `GET` where it is left out. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/api/v1/namespaces/x/pods`, its parts percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  /** Sent as JSON; a string as it is. */
  readonly body?: unknown;
  /** `application/json` where it is left out; a PATCH names its own, such as `application/merge-patch+json`. */
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** For `request` until the whole answer is there, 30 s where it is left out; for `lines` until the answer begins. A login that must be had first has its own bound. */
  readonly timeoutMs?: number;
  /** Of `lines`: the server has accepted the request, and lines may come now or much later. */
  readonly opened?: () => void;
}
