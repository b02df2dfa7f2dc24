import { closest, distance } from 'fastest-levenshtein';

/** The known name that is nearest to a misspelled one, null when none is near. */
export function nearest(name: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const lower = name.toLowerCase();
  const begun = known.filter((one) => lower.length >= 3 && one.startsWith(lower));
  if (begun.length === 1) return begun[0] ?? null;
  const best = closest(lower, [...known]);
  return distance(lower, best) <= Math.max(2, Math.floor(name.length / 3)) ? best : null;
}
