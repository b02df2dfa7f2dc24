import { kindNamed } from '../../kube/kinds.ts';
import { ProblemError } from '../../lib/problem.ts';
import { oneLine, truncate } from '../../lib/text.ts';
import type { NamedObject } from '../context.ts';
import { objectInvalid } from '../errors.ts';

/** Reads `KIND/NAMESPACE/NAME`, the kind as kubectl takes it; `node//n1` has no namespace. @throws ProblemError */
export function parseObjectName(text: string): NamedObject {
  const parts = text.split('/');
  const [kind = '', namespace = '', name = ''] = parts;
  if (parts.length !== 3 || kind === '' || name === '') {
    throw new ProblemError(objectInvalid, `"${truncate(text, 80)}" is not KIND/NAMESPACE/NAME`);
  }
  return { kind: kindNamed(kind)?.kind ?? kind, namespace: namespace === '' ? null : namespace, name };
}

/** The same form back, safe for a terminal: `Deployment/shop/cart`. */
export function objectName(ref: { kind: string; namespace: string | null; name: string }): string {
  return oneLine(`${ref.kind}/${ref.namespace ?? ''}/${ref.name}`, 700);
}
