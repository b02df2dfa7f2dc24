import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import type { TestCluster } from '../../cluster.ts';
import { caller, endpoints } from './callers.ts';

type Fields = Record<string, unknown>;
const refused = '2026-01-01 10:00:00 ERROR GET http://api:80/ returned 403: RBAC: access denied\n'.repeat(5);
const reset = '2026-01-01 10:00:00 ERROR GET http://api:80/: read: connection reset by peer\n'.repeat(5);
const proxy = { name: 'istio-proxy', image: 'registry.test/proxyv2:1.26' };

interface Mesh {
  readonly log?: string;
  readonly policy?: Fields;
  readonly mode?: string;
  readonly inMesh?: boolean;
  readonly calleeInMesh?: boolean;
}

/** A caller of Service `api`, whose pod may have a proxy beside it, and the policies of their namespace. */
function meshed({ log = refused, policy, mode, inMesh = false, calleeInMesh = true }: Mesh): Promise<string> {
  const cluster: TestCluster = caller(log, 'http://api:80');
  const pods = cluster.objects.filter((it) => it.kind === 'Pod');
  if (inMesh) for (const pod of pods) (pod['spec'] as { containers: Fields[] }).containers.push(proxy);
  cluster.deployment('ns', 'api', {
    ready: true,
    spec: {
      containers: [{ name: 'api', image: 'a:1', ports: [{ containerPort: 80 }] }, ...(calleeInMesh ? [proxy] : [])],
    },
  });
  cluster.service('ns', 'api');
  endpoints(cluster, 'api', 1);
  if (policy) cluster.add('AuthorizationPolicy', 'ns', 'only', { apiVersion: 'security.istio.io/v1', spec: policy });
  if (mode !== undefined)
    cluster.add('PeerAuthentication', 'ns', 'strict', { apiVersion: 'security.istio.io/v1', spec: { mtls: { mode } } });
  return causeOf(cluster, 'Deployment', 'ns', 'app');
}
const from = (source: Fields): Fields => ({ action: 'ALLOW', rules: [{ from: [{ source }] }] });
const web = 'cluster.local/ns/ns/sa/web';

describe('QUA-1: a call that a mesh refuses', () => {
  test.each<[string, Mesh, string]>([
    [
      'the caller has no identity',
      { policy: from({ principals: [web] }) },
      `AuthorizationPolicy only other [${web}] high`,
    ],
    [
      'the caller has another identity',
      { policy: from({ principals: [web] }), inMesh: true },
      `AuthorizationPolicy only other [${web}] high`,
    ],
    [
      'namespaces are let through',
      { policy: from({ namespaces: ['edge'] }) },
      'AuthorizationPolicy only other [edge] high',
    ],
    ['nobody is let through', { policy: {} }, 'AuthorizationPolicy only other [only] medium'],
    [
      'plain text to those who take TLS only',
      { log: reset, mode: 'STRICT' },
      'PeerAuthentication strict other [STRICT] high',
    ],
  ])('%s', async (_title, given, wanted) => expect(await meshed(given)).toBe(wanted));
  test.each<[string, Mesh]>([
    [
      'the program itself refuses',
      { log: refused.replaceAll('RBAC: access denied', 'no such user'), policy: from({ principals: [web] }) },
    ],
    [
      'the policy is for other pods',
      { policy: { ...from({ principals: [web] }), selector: { matchLabels: { app: 'web' } } } },
    ],
    ['the callee is in no mesh', { policy: from({ principals: [web] }), calleeInMesh: false }],
    ['plain text is taken', { log: reset, mode: 'PERMISSIVE' }],
    ['the caller speaks TLS too', { log: reset, mode: 'STRICT', inMesh: true }],
  ])('not: %s', async (_title, given) => {
    expect(await meshed(given)).not.toMatch(/AuthorizationPolicy|PeerAuthentication/);
  });
});
