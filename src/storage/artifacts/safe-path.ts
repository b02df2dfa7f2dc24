import { createHash } from 'node:crypto';

/** File systems allow 255 bytes a name; names of ours stay well below, with room for what is put around them. */
const maxName = 160;
const maxDepth = 12;

/**
 * A relative path that can be used as a file's path and in a URL, whatever comes in: no `..`, no empty or hidden names,
 * only plain ASCII, bounded in length and depth. What had to be changed carries a hash of what it was, so that two
 * paths never become one.
 */
export function safePath(path: string): string {
  const names = path.split('/');
  const kept = names.length > maxDepth ? [...names.slice(0, maxDepth - 1), names.slice(maxDepth - 1).join('/')] : names;
  return kept.map(safeName).join('/');
}

/** One name of such a path. */
export function safeName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9._@=+:,-]/g, '_').replace(/^(\.+|$)/, '_');
  if (plain === name && name !== '' && name.length <= maxName) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return `${plain.slice(0, maxName - hash.length - 1)}-${hash}`;
}

/** The order in which stored files are listed. */
export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : 1;
}
