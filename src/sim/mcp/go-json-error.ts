/** Go's words (encoding/json) for what is wrong with a text that is no JSON. */
export function jsonErrorText(text: string): string {
  const at = errorPosition(text);
  const character = text[at];
  if (character === undefined) return 'unexpected end of JSON input';
  const before = text.slice(0, at).trimEnd().at(-1);
  if (before === '{') return `invalid character '${character}' looking for beginning of object key string`;
  if (before === undefined || ':,['.includes(before)) {
    return `invalid character '${character}' looking for beginning of value`;
  }
  return `invalid character '${character}' after top-level value`;
}

/** A text is searched so far for its first wrong character. */
const maxSearched = 2000;

function errorPosition(text: string): number {
  const position = /at position (\d+)/.exec(parseError(text) ?? '');
  if (position) return Number(position[1]);
  for (let end = 1; end <= Math.min(text.length, maxSearched); end += 1) {
    if (!couldGoOn(text.slice(0, end))) return end - 1;
  }
  return text.length;
}

/** Whether a text is JSON or the start of it. */
function couldGoOn(text: string): boolean {
  const error = parseError(text);
  return error === null || /end of JSON|Unterminated/.test(error) || error.includes(`at position ${text.length}`);
}

function parseError(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return String(error);
  }
}
