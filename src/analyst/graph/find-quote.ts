const maxQuote = 400;

/**
 * The part of `text` that says `wanted`, as it stands there: literally, escaped as in a JSON string, or its first line.
 * Null when it is not in the text. At most 400 characters.
 */
export function findQuote(text: string, wanted: string): string | null {
  for (const candidate of candidates(wanted)) {
    if (candidate !== '' && text.includes(candidate)) return candidate;
  }
  return null;
}

function* candidates(wanted: string): Generator<string> {
  const cut = wanted.slice(0, maxQuote);
  yield cut;
  yield escaped(cut);
  const line = (wanted.split('\n')[0] ?? '').slice(0, maxQuote).trim();
  yield line;
  yield escaped(line);
  // A message that a wrapper repeats with other quotes: its longest part without any.
  const part = line.split(/["'\\]/).sort((a, b) => b.length - a.length)[0] ?? '';
  if (part.trim().length >= 12) yield part.trim();
}

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);
