import { replaceUrlCredentials } from '../../../lib/redact/urls.ts';

/**
 * A text without the credentials of the URLs in it: `https://user:password@host` becomes `https://host`. The user of SSH
 * stays when he has no password; a user of anything else may be a token.
 */
export function withoutCredentials(text: string): string {
  return replaceUrlCredentials(text, {
    userinfo: (user, password, scheme) => (/ssh/i.test(scheme) && password === null ? `${user}@` : ''),
    value: () => '…',
  });
}
