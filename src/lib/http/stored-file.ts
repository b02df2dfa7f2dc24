/**
 * Reports hold text from clusters and from models: no script, no form, no request to anywhere. Of this origin, because a
 * browser sends its session along with a click on a link only from there.
 */
export const storedFilePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-same-origin";

const contentTypes = new Map([
  ['html', 'text/html; charset=utf-8'],
  ['json', 'application/json; charset=utf-8'],
]);

/** Headers of a stored file: whatever it is called, nothing in it runs and nothing takes it for another type. */
export function storedFileHeaders(path: string) {
  return {
    'content-type': contentTypes.get(/\.([a-z]+)$/.exec(path)?.[1] ?? '') ?? 'text/plain; charset=utf-8',
    'content-security-policy': storedFilePolicy,
    'x-content-type-options': 'nosniff',
  };
}

/** Whether a path is one that a store itself gives, and climbs nowhere. The store checks too. */
export function isStoredPath(path: string): boolean {
  if (path.length > 1000 || /[\\\u0000-\u001f]/.test(path)) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
