export type ConfigPath = readonly (string | number)[];

/** `['clusters', 0, 'mcp']` → `clusters[0].mcp`; the whole file is `the file`. */
export function formatPath(path: ConfigPath): string {
  let out = '';
  for (const part of path) {
    if (typeof part === 'number') out += `[${part}]`;
    else out += out === '' ? part : `.${part}`;
  }
  return out === '' ? 'the file' : out;
}

/** A key for maps: unlike the formatted path it is the same for no two paths. */
export function pathKey(path: ConfigPath): string {
  return JSON.stringify(path);
}

/** What stands at a path of plain data, undefined when nothing does. */
export function valueAt(root: unknown, path: ConfigPath): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}
