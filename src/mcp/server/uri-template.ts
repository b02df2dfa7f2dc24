/**
 * The values of the names in a template of addresses (`workflow://all/{id}`, RFC 6570 level 1) for an address, null when
 * it does not fit. A value is one segment, decoded once; what leaves `/`, `..` or a control character is none.
 */
export function matchUri(template: string, uri: string): Record<string, string> | null {
  const names: string[] = [];
  const pattern = template
    .split(/(\{\w+\})/)
    .map((part) => {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      if (name === undefined) return RegExp.escape(part);
      names.push(name);
      return '([^/?#]+)';
    })
    .join('');
  const found = new RegExp(`^${pattern}$`).exec(uri);
  if (found === null) return null;
  const values = found.slice(1).map((value) => decoded(value));
  if (values.some((value) => value === null)) return null;
  return Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']));
}

function decoded(value: string): string | null {
  try {
    const text = decodeURIComponent(value);
    return /[/\\\0-\x1f\x7f%]|^\.{1,2}$/.test(text) ? null : text;
  } catch {
    return null;
  }
}
