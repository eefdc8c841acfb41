/** A live object cut down to what manifests say, so that defaults and status of the server are no differences. Pure. */
import { isMap } from '../values/merge.ts';

/** Keys by which lists of Kubernetes tell their entries apart, the first that all entries have. */
const MERGE_KEYS = ['name', 'containerPort', 'port', 'mountPath', 'key', 'ip', 'type'];

/** Of `live` what any of the `shapes` names. */
export function project(live: unknown, shapes: readonly unknown[]): unknown {
  if (isMap(live)) {
    const maps = shapes.filter(isMap);
    // A shape that is no map: it is another kind of value there, shown as it is.
    if (maps.length === 0) return live;
    const keys = Object.keys(live).filter((key) => maps.some((shape) => Object.hasOwn(shape, key)));
    return Object.fromEntries(
      keys.map((key) => [
        key,
        project(
          live[key],
          maps.map((shape) => shape[key]),
        ),
      ]),
    );
  }
  if (Array.isArray(live)) {
    const lists = shapes.filter((shape): shape is readonly unknown[] => Array.isArray(shape));
    if (lists.length === 0) return live;
    const key = mergeKeyOf([live, ...lists]);
    if (key === undefined)
      return live.map((item, at) =>
        project(
          item,
          lists.map((list): unknown => list[at]),
        ),
      );
    return live.flatMap((item: unknown) => {
      const like = lists.flatMap((list) => list.filter((one: unknown) => valueOf(one, key) === valueOf(item, key)));
      // Somebody else added it: an admission webhook its sidecar, say.
      return like.length === 0 ? [] : [project(item, like)];
    });
  }
  return live;
}

function mergeKeyOf(lists: readonly (readonly unknown[])[]): string | undefined {
  const items = lists.flat();
  if (items.length === 0 || !items.every(isMap)) return undefined;
  return MERGE_KEYS.find(
    (key) => items.every((item) => isMap(item) && Object.hasOwn(item, key)) && lists.every((list) => areDistinct(list, key)),
  );
}

function areDistinct(list: readonly unknown[], key: string): boolean {
  return new Set(list.map((item) => valueOf(item, key))).size === list.length;
}

function valueOf(item: unknown, key: string): unknown {
  return isMap(item) ? item[key] : undefined;
}

/** In the order in which `like` has them, so that a list is not another one because a server sorted it. */
export function inOrderOf(value: unknown, like: unknown): unknown {
  if (isMap(value) && isMap(like)) {
    const keys = [
      ...Object.keys(like).filter((key) => Object.hasOwn(value, key)),
      ...Object.keys(value).filter((key) => !Object.hasOwn(like, key)),
    ];
    return Object.fromEntries(keys.map((key) => [key, inOrderOf(value[key], like[key])]));
  }
  if (Array.isArray(value) && Array.isArray(like)) {
    const key = mergeKeyOf([value, like]);
    if (key === undefined) return value.map((item, at) => inOrderOf(item, like[at]));
    const place = (item: unknown): number => {
      const at = like.findIndex((one) => valueOf(one, key) === valueOf(item, key));
      return at < 0 ? like.length : at;
    };
    return value
      .toSorted((a, b) => place(a) - place(b))
      .map((item: unknown) =>
        inOrderOf(
          item,
          like.find((one) => valueOf(one, key) === valueOf(item, key)),
        ),
      );
  }
  return value;
}
