type Step = string | number;

/** The value at a path inside an object of unknown shape, undefined when anything on the way is missing. */
export function dig(value: unknown, ...path: readonly Step[]): unknown {
  let current = value;
  for (const step of path) {
    if (current === null || typeof current !== 'object') return undefined;
    current = (current as Record<Step, unknown>)[step];
  }
  return current;
}

/** The text at a path; numbers and booleans become text; empty when missing. */
export function textAt(value: unknown, ...path: readonly Step[]): string {
  const found = dig(value, ...path);
  if (typeof found === 'string') return found;
  return typeof found === 'number' || typeof found === 'boolean' ? String(found) : '';
}

/** The array at a path, empty when missing. */
export function listAt(value: unknown, ...path: readonly Step[]): readonly unknown[] {
  const found = dig(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The map at a path, empty when missing. */
export function recordAt(value: unknown, ...path: readonly Step[]): Readonly<Record<string, unknown>> {
  const found = dig(value, ...path);
  return found !== null && typeof found === 'object' && !Array.isArray(found) ? (found as Record<string, unknown>) : {};
}

/** The condition of a type in an object's status, with that status where one is asked for; undefined when there is none. */
export function conditionAt(object: unknown, type: string, status?: 'True' | 'False'): unknown {
  return listAt(object, 'status', 'conditions').find(
    (it) => textAt(it, 'type') === type && (status === undefined || textAt(it, 'status') === status),
  );
}

/** A map of texts at a path (labels, data); what is no text is left out. */
export function textsAt(value: unknown, ...path: readonly Step[]): Readonly<Record<string, string>> {
  const out: Record<string, string> = {};
  for (const [key, entry] of Object.entries(recordAt(value, ...path))) {
    if (typeof entry === 'string') out[key] = entry;
  }
  return out;
}

/** The number at a path, null when missing or no number. */
export function numberAt(value: unknown, ...path: readonly Step[]): number | null {
  const found = dig(value, ...path);
  return typeof found === 'number' ? found : null;
}

/** Milliseconds since the epoch of the RFC 3339 time at a path, null when missing. */
export function timeAt(value: unknown, ...path: readonly Step[]): number | null {
  const found = dig(value, ...path);
  if (typeof found !== 'string') return null;
  const ms = Date.parse(found);
  return Number.isNaN(ms) ? null : ms;
}
