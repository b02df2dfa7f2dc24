import { expect, test } from 'vitest';
import { type CallName, calls, requestOf } from '../../../../src/mcp/palette/api/calls.ts';
import { ToolError } from '../../../../src/mcp/tool-error.ts';

test('these requests can be sent, and no other (PAL-1)', () => {
  expect(Object.values(calls).map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /v1/dashboard/spectroclusters/search',
    'GET /v1/dashboard/spectroclusters/meta',
    'GET /v1/spectroclusters/{uid}',
    'GET /v1/dashboard/spectroclusters/{uid}',
    'GET /v1/events/components/spectrocluster/{uid}',
    'GET /v1/dashboard/spectroclusters/{uid}/cost',
    'GET /v1/spectroclusters/{uid}/rate',
    'GET /v1/spectroclusters/{uid}/profiles',
    'GET /v1/spectroclusters/{uid}/profileUpdates',
    'POST /v1/dashboard/clusterprofiles',
    'GET /v1/clusterprofiles/{uid}',
    'GET /v1/clusterprofiles/{uid}/packs',
    'POST /v1/packs/search',
    'POST /v1/clusterprofiles/validate/packs',
  ]);
});

test.each(['', '.', '..', 'a/b', 'a?b', 'a#b', 'a%2fassets', '../assets/kubeconfig', 'x'.repeat(65), 'ü'])(
  'the uid %j cannot become part of a path (PAL-1)',
  (uid) => {
    for (const name of ['cluster', 'profile', 'clusterRate'] as CallName[]) {
      expect(() => requestOf(name, { uid })).toThrow(ToolError);
    }
  },
);

test('a query that the table does not have is not sent (PAL-1)', () => {
  expect(() => requestOf('cluster', { uid: 'a1', query: { resolvePackValues: 'true' } })).toThrow(
    'GET /v1/spectroclusters/{uid} has no query resolvePackValues',
  );
  expect(requestOf('clusterEvents', { uid: 'a1', query: { limit: 50, continue: 'a&b=c' } })).toMatchObject({
    method: 'GET',
    path: '/v1/events/components/spectrocluster/a1?limit=50&continue=a%26b%3Dc',
    shown: 'GET /v1/events/components/spectrocluster/a1',
    body: null,
  });
});
