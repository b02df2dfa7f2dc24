import { oneLine } from '../../lib/text.ts';
import { parseJson } from '../../lib/untrusted/parse-json.ts';

/** The parts of the path of a log of a container; null for another path. */
export function logPlace(path: string) {
  const match = /^evidence\/logs\/([^/]+)\/([^/]+)\/(.+?)(\.previous)?\.log$/.exec(path);
  if (!match) return null;
  const [, namespace = '', pod = '', container = '', previous] = match;
  return { namespace, pod, container, previous: previous !== undefined };
}

/** `Pod shop/cart-1`: the object that a file of evidence holds, by its content, else by its path; null when neither tells. */
export function objectOf(path: string, content: unknown): string | null {
  const [, namespace, kind, name] = /^evidence\/objects\/([^/]+)\/([^/]+)\/(.+)\.json$/.exec(path) ?? [];
  const metadata = textFields(fieldOf(content, 'metadata'));
  const realKind = textFields(content)('kind') ?? kind;
  const realName = metadata('name') ?? name;
  if (realKind === undefined || realName === undefined) return null;
  const of = metadata('namespace') ?? (namespace === undefined || namespace === '_cluster' ? null : namespace);
  return objectName(realKind, of, realName);
}

/** `Deployment shop/cart`, `Node n1`. */
export function objectName(kind: string | null, namespace: string | null, name: string): string {
  const full = namespace === null || namespace === '' ? name : `${namespace}/${name}`;
  return oneLine(kind === null ? full : `${kind} ${full}`, 300);
}

/** JSON that is an object or a list; null for any other text. */
export function parsed(text: string): object | null {
  const value = parseJson(text);
  return typeof value === 'object' ? value : null;
}

export function fieldOf(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string | number, unknown>)[key];
}

/** Gives fields of an object that are texts; undefined for what is none. */
export function textFields(value: unknown): (key: string) => string | undefined {
  return (key) => {
    const field = fieldOf(value, key);
    return typeof field === 'string' && field !== '' ? field : undefined;
  };
}

/** ms since the epoch of a time as Kubernetes writes it, null for anything else. */
export function timeOf(value: unknown): number | null {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}
