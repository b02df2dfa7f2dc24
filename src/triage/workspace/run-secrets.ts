import { isSecretName } from '../../lib/redact/names.ts';

const credential =
  /^[\s-]*"?(?:token|password|client-key-data|id-token|access-token|refresh-token)"?:\s*"?([^\s",}]+)/gm;

/** The values of an environment whose name says that they are secret. */
export function secretsOf(env: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) => (isSecretName(name) ? [value] : []));
}

/** The credentials in the kubeconfig of a run, as they stand there. */
export function credentialsIn(kubeconfig: string): readonly string[] {
  return [...kubeconfig.matchAll(credential)].map(([, value]) => value ?? '');
}
