import { distance } from 'fastest-levenshtein';

/** From so many letters on a word may differ by one letter, and by two. Shorter words differ from many by one. */
const letters = { one: 6, two: 10 };

/**
 * The word of a list that somebody meant who mistyped it; null where none is near. Two letters that changed places are one
 * mistake, and the only one that is forgiven in a short word.
 */
export function meantBy(word: string, known: readonly string[]): string | null {
  if (word.length < 4) return null;
  const swaps = new Set(swapsOf(word));
  const swapped = known.find((one) => swaps.has(one));
  if (swapped !== undefined || word.length < letters.one) return swapped ?? null;
  const allowed = word.length >= letters.two ? 2 : 1;
  const [nearest] = known
    .filter((one) => one.length >= 4 && Math.abs(one.length - word.length) <= allowed)
    .map((one) => ({ one, away: distance(one, word) }))
    .filter(({ away }) => away <= allowed)
    .toSorted((a, b) => a.away - b.away);
  return nearest?.one ?? null;
}

function swapsOf(word: string): readonly string[] {
  return Array.from(
    { length: word.length - 1 },
    (_none, at) => `${word.slice(0, at)}${word[at + 1] ?? ''}${word[at] ?? ''}${word.slice(at + 2)}`,
  );
}
