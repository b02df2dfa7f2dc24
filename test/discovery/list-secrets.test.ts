import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { discoverySourceSchema } from '../../src/discovery/config.ts';
import { listSecrets } from '../../src/discovery/list-secrets.ts';
import type { ApiAccess } from '../../src/kube/credential/api-access.ts';
import { clusterApiSecret } from '../support/cluster-secrets.ts';

/** An API server that answers as the test says, and what it was asked. */
async function answering(answer: (url: URL) => { status?: number; body: unknown }) {
  const asked: URL[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    asked.push(url);
    const { status = 200, body } = answer(url);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const dispatcher = new Agent();
  onTestFinished(async () => {
    await dispatcher.close();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const connection = { dispatcher, server: `http://127.0.0.1:${port}`, headers: {} };
  const access: ApiAccess = { connect: () => Promise.resolve(connection), refused: () => false };
  const list = (more: object = {}) =>
    listSecrets(access, discoverySourceSchema.parse({ kubeconfig: '/m', ...more }), new AbortController().signal);
  return { asked, list };
}

const secret = (name: string, creationTimestamp: string) => {
  const made = clusterApiSecret(name, 'x');
  return { ...made, metadata: { ...made.metadata, creationTimestamp } };
};

test('CFG-8: the oldest Secret comes first, whatever the order of the pages', async () => {
  const { list, asked } = await answering((url) =>
    url.searchParams.has('continue')
      ? { body: { items: [secret('b', '2026-01-01T00:00:00Z'), { metadata: 'broken' }] } }
      : {
          body: {
            items: [secret('c', '2026-02-01T00:00:00Z'), secret('a', '2026-02-01T00:00:00Z')],
            metadata: { continue: 'next' },
          },
        },
  );
  const found = await list({ format: 'cluster-api', namespace: 'fleet', selector: 'tier=a' });
  expect(found.map(({ metadata }) => metadata.name)).toEqual(['b-kubeconfig', 'a-kubeconfig', 'c-kubeconfig']);
  expect(asked.map(({ pathname }) => pathname)).toEqual(Array(2).fill('/api/v1/namespaces/fleet/secrets'));
  expect(asked[0]?.searchParams.get('labelSelector')).toBe('cluster.x-k8s.io/cluster-name,tier=a');
});

test.each([
  ['auto', {}, ['cluster.x-k8s.io/cluster-name', 'argocd.argoproj.io/secret-type=cluster']],
  ['argocd', {}, ['argocd.argoproj.io/secret-type=cluster']],
  ['kubeconfig', { selector: 'x=y' }, ['x=y']],
] as const)('CFG-8: the format %s asks by its own labels', async (format, more, selectors) => {
  const { list, asked } = await answering(() => ({ body: { items: [] } }));
  await list({ format, ...more });
  expect(asked.map((url) => url.searchParams.get('labelSelector'))).toEqual(selectors);
});

test('CFG-8: a list that does not end, is refused or is none is an error, not a shorter list', async () => {
  const endless = await answering(() => ({
    body: {
      items: Array.from({ length: 200 }, () => secret('a', '2026-01-01T00:00:00Z')),
      metadata: { continue: 'more' },
    },
  }));
  await expect(endless.list({ format: 'argocd' })).rejects.toThrow('more than 5000 Secrets');
  expect(endless.asked.length).toBeLessThan(30);
  const refused = await answering(() => ({ status: 403, body: { message: 'secrets is forbidden' } }));
  await expect(refused.list()).rejects.toThrow('403');
  const half = await answering((url) =>
    url.searchParams.has('continue')
      ? { status: 410, body: { message: 'expired' } }
      : { body: { items: [secret('a', '2026-01-01T00:00:00Z')], metadata: { continue: 'next' } } },
  );
  await expect(half.list()).rejects.toThrow('410');
  const none = await answering(() => ({ body: { kind: 'Status' } }));
  await expect(none.list()).rejects.toThrow('items');
});
