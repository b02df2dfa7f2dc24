/** A path as part of an address: each of its names is encoded, the slashes between them stay. Takes any text. */
export function encodedPath(path: string): string {
  return path.toWellFormed().split('/').map(encodeURIComponent).join('/');
}
