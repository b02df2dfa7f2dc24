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

function errorPosition(text: string): number {
  try {
    JSON.parse(text);
  } catch (error) {
    const position = /at position (\d+)/.exec(String(error));
    if (position) return Number(position[1]);
    if (/end of JSON input/.test(String(error))) return text.length;
    return text.length - text.trimStart().length;
  }
  return text.length;
}
