import { existsSync } from 'node:fs';
import path from 'node:path';

type Binary = 'etcd' | 'kube-apiserver' | 'kubectl' | 'kube-controller-manager' | 'kube-scheduler' | 'kwok' | 'helm';

const basic: readonly Binary[] = ['etcd', 'kube-apiserver', 'kubectl'];

/** Path of a binary of KUBEBUILDER_ASSETS (the convention of controller-runtime's envtest). */
export function kubeBinary(name: Binary): string {
  return path.join(process.env['KUBEBUILDER_ASSETS'] ?? '', name);
}

/**
 * Why tests that need a control plane (and the given further binaries) cannot run here, in one line; null when they can.
 */
export function missingForControlPlane(...more: readonly Binary[]): string | null {
  if (!process.env['KUBEBUILDER_ASSETS']) {
    return 'KUBEBUILDER_ASSETS is not set (setup-envtest use -p path brings etcd, kube-apiserver and kubectl)';
  }
  const missing = [...basic, ...more].filter((name) => !existsSync(kubeBinary(name)));
  return missing.length === 0 ? null : `KUBEBUILDER_ASSETS has no ${missing.join(', ')}`;
}

/** For `describe.skipIf(...)`: says in one line what is missing. Kubelets and controllers are asked for by level. */
export function cannotRun(suite: string, level: 'api' | 'controllers' | 'kubelets' = 'api'): boolean {
  const controllers: readonly Binary[] = level === 'api' ? [] : ['kube-controller-manager', 'kube-scheduler'];
  const why = missingForControlPlane(...controllers, ...(level === 'kubelets' ? (['kwok'] as const) : []));
  if (why !== null) console.log(`skipped: ${suite}: ${why}`);
  return why !== null;
}
