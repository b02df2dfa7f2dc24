import { createRedactor } from '../../../lib/redact/redact.ts';
import { below, isFields, type Manifest } from './pod-specs.ts';

interface Objection {
  readonly path: string;
  readonly message: string;
}

/** What is encrypted may be written down. */
const encrypted = /^(?:ENC\[|AgA)/;
const sealedKinds = new Set(['SealedSecret']);
const maxFound = 100;

/** Values that are secrets, where a reference to a Secret should stand. What they are is in no message. */
export function inlineSecrets(manifest: Manifest): readonly Objection[] {
  const { object, kind, path } = manifest;
  if (sealedKinds.has(kind)) return [];
  return kind === 'Secret' ? ofSecret(manifest) : secretPlaces(object, path).map(objection);
}

/** The same in text of another form, such as the values of a pack. */
export function hasSecret(text: string): boolean {
  return createRedactor().text(text) !== text;
}

function objection(path: string): Objection {
  return { path, message: 'A secret stands here as it is: refer to a Secret, or to where secrets are kept.' };
}

function ofSecret({ object, path }: Manifest): Objection[] {
  return ['data', 'stringData'].flatMap((key) => {
    const values = below(object, key);
    const named = Object.entries(isFields(values) ? values : {});
    return named.flatMap(([name, value]) =>
      typeof value !== 'string' || value === '' || encrypted.test(value)
        ? []
        : [
            {
              path: keyPath(path + key, name),
              message: `The Secret holds the value of ${name} in what is written down.`,
            },
          ],
    );
  });
}

/** Where the redactor would take something out. `path`: '' or what ends in a dot. */
function secretPlaces(object: unknown, path: string): string[] {
  const found: string[] = [];
  compare(object, createRedactor().value(object), path.replace(/\.$/, ''), found);
  return found;
}

function compare(value: unknown, cleaned: unknown, path: string, found: string[]): void {
  // What holds nothing to hide is the same object.
  if (value === cleaned || found.length >= maxFound) return;
  if (typeof value === 'string') {
    if (!encrypted.test(value)) found.push(path);
  } else if (Array.isArray(value) && Array.isArray(cleaned)) {
    for (const [at, item] of value.entries()) compare(item, cleaned[at], `${path}[${at}]`, found);
  } else if (isFields(value) && isFields(cleaned)) {
    for (const [key, item] of Object.entries(value)) compare(item, cleaned[key], keyPath(path, key), found);
  }
}

function keyPath(path: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}
