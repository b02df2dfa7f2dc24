import { isSecretName } from '../../lib/redact/names.ts';
import { createRedactor, type Redactor } from '../../lib/redact/redact.ts';

const credential =
  /^[\s-]*"?(?:token|password|client-key-data|id-token|access-token|refresh-token)"?:\s*"?([^\s",}]+)/gm;

/** Variables with more words for a key than text is searched for. */
export function isSecretVariable(name: string): boolean {
  return isSecretName(name) || /KEYS?$/i.test(name);
}

/** The values of an environment whose name says that they are secret. */
export function secretsOf(env: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) => (isSecretVariable(name) ? [value] : []));
}

/** For an agent with this environment: what the configuration says is secret, and the secrets among its variables. */
export function agentRedactor(
  { patterns, secrets }: { readonly patterns: readonly string[]; readonly secrets: readonly string[] },
  env: Readonly<Record<string, string>>,
): Redactor {
  return createRedactor({ patterns, secrets: [...secrets, ...secretsOf(env)] });
}

/** The credentials in the kubeconfig of a run, as they stand there. */
export function credentialsIn(kubeconfig: string): readonly string[] {
  return [...kubeconfig.matchAll(credential)].map(([, value]) => value ?? '');
}
