/** What stands before the host of a URL, to the last `@` before its path. */
const userinfo = /\b([a-z][a-z0-9+.-]{0,31}:\/\/)([^\s/"'<>`\\@]{0,1024}(?:@[^\s/"'<>`\\@]{0,1024})*)@/gi;
/**
 * The same with a slash in the password, which is no URL any more and still gets into specs and messages: what follows the
 * colon is no port.
 */
const slashed =
  /\b([a-z][a-z0-9+.-]{0,31}:\/\/)([^\s/@:"'<>`\\]{1,256}:(?!\d{1,5}(?:[/?#"'\s]|$))[^\s"'<>`\\]{1,1024})@/gi;
/** Keys of a query that carry a credential. */
const secretKey =
  /([?&](?:access_?token|private_?token|auth_?token|token|api_?key|key|password|passwd|pwd|secret|client_secret|sig|signature|x-(?:amz|goog)-(?:signature|credential|security-token))=)[^&#\s"'<>`\\]*/gi;

/**
 * A text without the credentials of the URLs in it: `https://user:password@host` becomes `https://host`. The user of SSH
 * stays when he has no password; a user of anything else may be a token.
 */
export function withoutCredentials(text: string): string {
  if (!text.includes('://')) return text;
  return text
    .replace(userinfo, (_, scheme: string, user: string) => `${scheme}${isSshUser(scheme, user) ? `${user}@` : ''}`)
    .replace(slashed, '$1')
    .replace(secretKey, '$1…');
}

function isSshUser(scheme: string, user: string): boolean {
  return /ssh/i.test(scheme) && !user.includes(':');
}
