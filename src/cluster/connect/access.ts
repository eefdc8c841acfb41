/** Which right a request needs, as RBAC names it: out of its method and path. */

export interface Access {
  readonly verb: string;
  /** `pods`, `deployments.apps`, `pods/log`; missing where the path is no resource. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** Without its query. */
  readonly path: string;
}

const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

export function accessOf(method: string, path: string, isWatch: boolean): Access {
  const parts = path.split('/').filter((part) => part !== '');
  const isCore = parts[0] === 'api';
  if (!isCore && parts[0] !== 'apis') return { verb: method.toLowerCase(), path };
  const group = isCore ? '' : (parts[1] ?? '');
  const rest = parts.slice(isCore ? 2 : 3).map(decodeURIComponent);
  // `/api/v1/namespaces/x` is a namespace, `/api/v1/namespaces/x/pods` is something in it.
  const namespace = rest[0] === 'namespaces' && rest.length > 2 ? rest[1] : undefined;
  const [plural, name, subresource] = namespace === undefined ? rest : rest.slice(2);
  if (plural === undefined) return { verb: method.toLowerCase(), path };
  const verb = method === 'GET' ? (isWatch ? 'watch' : name === undefined ? 'list' : 'get') : verbs[method];
  return {
    verb: method === 'DELETE' && name === undefined ? 'deletecollection' : (verb ?? method.toLowerCase()),
    resource: `${plural}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    path,
  };
}
