const minLength = 8;
const secretName = /key|token|secret|pass|cred|auth/i;
const credential =
  /^[\s-]*"?(?:token|password|client-key-data|id-token|access-token|refresh-token)"?:\s*"?([^\s",}]+)/gm;

/**
 * What a run was given and nobody may read in its report, its messages and its logs: the credentials of its kubeconfig
 * and the values of `agent.env` whose name says that they are secret. Shorter ones than 8 characters would hit words.
 */
export function runSecrets(env: Readonly<Record<string, string>>, kubeconfig: string | null): readonly string[] {
  const named = Object.entries(env).flatMap(([name, value]) => (secretName.test(name) ? [value] : []));
  const credentials = [...(kubeconfig ?? '').matchAll(credential)].map(([, value]) => value ?? '');
  const long = [...named, ...credentials].filter((secret) => secret.length >= minLength);
  // Also as it stands inside JSON.
  const found = new Set(long.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]));
  // A longer one may hold a shorter one.
  return [...found].sort((a, b) => b.length - a.length);
}

/** The text with `<secret>` in place of each of them. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '<secret>'), text);
}
