/** Where a release keeps the passwords that a person needs. Pure. */
import * as v from 'valibot';
import { passwordSecretOf, type PasswordSecret } from '../cluster/sqlLogin.ts';
import { fieldOf } from './lint/shape.ts';
import type { Manifest } from './objects.ts';

const text = v.string();
const variable = v.object({
  name: text,
  value: v.exactOptional(text),
  valueFrom: v.exactOptional(v.object({ secretKeyRef: v.exactOptional(v.object({ name: text, key: text })) })),
});
/** What has another shape has no password of ours. */
const template = v.object({ containers: v.array(v.object({ name: text, env: v.exactOptional(v.array(variable)) })) });

/** Each once. */
export function passwordsOf(manifests: readonly Manifest[], namespace: string): readonly PasswordSecret[] {
  const found = manifests.flatMap((object) => {
    if (object.kind !== 'StatefulSet' && object.kind !== 'Deployment') return [];
    const parsed = v.safeParse(template, fieldOf(object, 'spec', 'template', 'spec'));
    const place = parsed.success ? passwordSecretOf(parsed.output, object.metadata.namespace ?? namespace) : undefined;
    return place === undefined ? [] : [place];
  });
  return [...new Map(found.map((place) => [JSON.stringify(place), place])).values()];
}
