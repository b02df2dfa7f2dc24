/** What becomes of the credentials of a URL; each gives what stands in their place. */
export interface UrlCredentials {
  /** Of a user with or without a password, what stands before the `@`; with that `@`. */
  userinfo(user: string, password: string | null, scheme: string): string;
  /** Of a value in a query or a fragment whose name says that it opens something; the name as it is written. */
  value(name: string, value: string): string;
}

/**
 * Replaces the credentials of the URLs in a text. People also write URLs that are none, with slashes and quotes in
 * passwords, and such get into specs and messages all the same; JSON may write `\/` for a slash. No text takes longer
 * than its length.
 */
export function replaceUrlCredentials(text: string, credentials: UrlCredentials): string {
  const bare = text.includes('@') ? replaceUserinfo(text, credentials) : text;
  return bare.replace(
    secretValue,
    (_, before: string, name: string, value: string) =>
      `${before}${name}=${value === '' ? '' : credentials.value(name, value)}`,
  );
}

/** Whether it may hold such. */
export function mayHoldUserinfo(text: string): boolean {
  return text.includes('@') && slashes.test(text);
}

/** Whether a user without a password is a name; a token stands there as well. */
export function isUserName(user: string, scheme: string): boolean {
  if (/ssh|^git$|^sftp$/i.test(scheme)) return true;
  const name = /^(?:https?|git\+https?|oci|wss?)$/i.test(scheme) ? shortName : longName;
  return name.test(user);
}

const shortName = /^[a-z_][a-z_.-]{0,19}\d{0,3}$/i;
const longName = /^[a-z_][\w.-]{0,31}$/i;

const slashes = /:\\{0,3}\/\\{0,3}\//;
const everySlashes = new RegExp(slashes, 'g');

/** Keys of a query or a fragment that carry a credential; Go writes `&` in JSON as an escape. */
const secretValue =
  /([?&#;]|\\u0026|(?=SharedAccessSignature))((?:(?:access|private|auth|id|refresh|session|security)_?token|token|(?:api|access|secret|account)_?key|key|auth|passw(?:or)?d|pwd|(?:client_?)?secret|sig|signature|SharedAccessSignature|AWSAccessKeyId|x-(?:amz|goog)-(?:signature|credential|security-token)))=((?:[^&#;\s"'<>`\\]|;(?![\w.-]{1,64}=))*)/gi;

function replaceUserinfo(text: string, credentials: UrlCredentials): string {
  let result = '';
  let done = 0;
  const starts = [...text.matchAll(everySlashes)];
  for (const [at, { index, 0: mark }] of starts.entries()) {
    const start = index + mark.length;
    // A URL ends before the next one.
    const rest = text.slice(start, starts[at + 1]?.index ?? text.length);
    if (!rest.includes('@')) continue;
    const scheme = /[a-z][a-z0-9+.-]{0,31}$/i.exec(text.slice(Math.max(0, index - 32), index))?.[0] ?? '';
    const userinfo = userinfoOf(rest.slice(0, /[\s`]|$/.exec(rest)?.index));
    if (userinfo === '') continue;
    const { user, password } = partsOf(userinfo);
    result += text.slice(done, start) + credentials.userinfo(user, password, scheme);
    done = start + userinfo.length + 1;
  }
  return result + text.slice(done);
}

/** What stands before the `@` of a URL without its scheme; empty when it has no user. */
function userinfoOf(url: string): string {
  let end = 0;
  // A password with an @ and then a slash looks like a host.
  for (let tries = 0; tries < 4; tries += 1) {
    const length = userinfoLength(url.slice(end), tries > 0);
    if (length === null) break;
    end += length + 1;
  }
  return url.slice(0, Math.max(0, end - 1));
}

/** Up to its `@`; `goesOn`: a part of it stands before. */
function userinfoLength(url: string, goesOn: boolean): number | null {
  const authority = url.slice(0, /[/?#"'<>\\]|$/.exec(url)?.index);
  const strict = authority.lastIndexOf('@');
  if (strict !== -1) return isDigest(authority.slice(strict + 1)) ? null : strict;
  if (url.startsWith('[')) return null;
  // No quote that ends a string of JSON, an attribute or a quotation is in it.
  const quoted = url.slice(0, /\\{0,3}["'](?=[\s,:;)}\]>&]|$)|$/.exec(url)?.index);
  const at = quoted.lastIndexOf('@');
  if (at < 1) return null;
  const [before, after] = [quoted.slice(0, at), quoted.slice(at + 1)];
  const fits = goesOn ? /^[^/:."'<?#]*[/"'<?#][^:]*$/.test(before) : isUserinfo(before);
  return fits && isHost(after, before.includes(':')) ? at : null;
}

/** What is no user of a URL by its rules, and may be one that somebody has written. */
function isUserinfo(text: string): boolean {
  if (text.endsWith('/')) return false;
  const [, user = '', password] = /^([^/:"'<>\\?#]{0,256}):(.+)$/s.exec(text) ?? [];
  if (password === undefined) return /^[\w+=~%-]+\/[\w+/=~%.-]*$/.test(text);
  if (!/^\d{1,5}(?:[/?#"'<>\\,;)]|$)/.test(password)) return true;
  // It may be a host with its port, and a path.
  return /^\d{1,5}\/[\w+/=~%.-]*$/.test(password) && !/\.|^localhost$|^$/.test(user);
}

/** Whether a name of a host stands there, not a digest, a version, or nothing. */
function isHost(text: string, afterPassword: boolean): boolean {
  if (!/^[[a-z0-9]/i.test(text) || isDigest(text) || /^v?\d+(?:\.\d+){0,2}(?![\w.])/i.test(text)) return false;
  return afterPassword || /^(?:[a-z0-9-]+\.[a-z0-9.-]+|[a-z0-9-]+:\d)/i.test(text);
}

/** Of an image, after its name. */
function isDigest(text: string): boolean {
  return /^sha\d{3}:/.test(text);
}

function partsOf(userinfo: string): { user: string; password: string | null } {
  const at = userinfo.indexOf(':');
  if (at === -1) return { user: userinfo, password: null };
  return { user: userinfo.slice(0, at), password: userinfo.slice(at + 1) };
}
