import { readManifests } from './manifests.ts';

/** How much of YAML may still be parsed, characters: a parser of YAML takes about a second a megabyte. */
export interface Room {
  left: number;
}

/** For one object and all texts in it. */
export function newRoom(): Room {
  return { left: 256 * 1024 };
}

/**
 * A text that holds objects or lists, as an annotation or a ConfigMap may, in JSON or YAML, each of them changed. It is the
 * text as it was where nothing changes, JSON otherwise. Null when it holds none or cannot be read: templates, parts of a
 * script, more than there is room for.
 */
export function changeEmbedded(text: string, room: Room, change: (value: unknown) => unknown): string | null {
  const values = valuesIn(text, room);
  if (values === null) return null;
  const before = values.map((value) => JSON.stringify(value));
  const after = values.map((value) => JSON.stringify(change(value)));
  return after.every((one, at) => one === before[at]) ? text : after.join('\n---\n');
}

function valuesIn(text: string, room: Room): readonly unknown[] | null {
  if (/^\s*[[{]/.test(text)) {
    try {
      return [JSON.parse(text)];
    } catch {
      // It may be YAML in flow style.
    }
  }
  if (text.length > room.left) return null;
  room.left -= text.length;
  const { documents, problem } = readManifests(text);
  const values = documents.map(({ value }) => value);
  const areStructured = values.every((value) => typeof value === 'object' && value !== null);
  return problem === null && areStructured && values.length > 0 ? values : null;
}
