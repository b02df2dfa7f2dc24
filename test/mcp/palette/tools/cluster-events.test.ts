import { expect, test } from 'vitest';
import { callTool } from '../../../support/call-tool.ts';
import { clusterName, eventCount } from '../../../support/palette-fleet.ts';
import { PaletteServer } from '../../../support/palette-server.ts';
import { paletteTools } from '../../../support/palette-tools.ts';

test('events are given page by page, and by severity (PAL-3)', async () => {
  const { tools } = paletteTools(await PaletteServer.start());
  const args = { cluster_name: clusterName(3) };
  const all = await callTool(tools, 'get_cluster_events', args);
  expect(all).toMatchObject({ items: { length: eventCount }, total: eventCount, truncated: false });
  expect((all['items'] as unknown[])[4]).toEqual({
    time: '2026-11-20T07:55:00.000Z',
    severity: 'Error',
    reason: 'PackInstallFailed',
    message: 'event 5 of cluster-003',
    component: 'ally',
    object: 'pack/cni-cilium-oss',
  });
  const errors = await callTool(tools, 'get_cluster_events', { ...args, severity: 'error', limit: 7 });
  expect((errors['items'] as { message: string }[]).map(({ message }) => message)).toEqual(
    [5, 10, 15, 20, 25, 30, 35].map((index) => `event ${index} of cluster-003`),
  );
  const rest = await callTool(tools, 'get_cluster_events', {
    ...args,
    severity: 'error',
    limit: 7,
    cursor: errors['next_cursor'],
  });
  expect(rest).toMatchObject({ items: { length: 5 }, truncated: false });
});

test.each([
  [{}, 'invalid_argument', 'either cluster_uid or cluster_name'],
  [{ cluster_uid: 'a1', cluster_name: 'x' }, 'invalid_argument', 'either cluster_uid or cluster_name'],
  [{ cluster_name: 'cluster-0003' }, 'not_found', 'the nearest name is "cluster-003"'],
  [{ cluster_uid: 'ffffffffffffffffffffffff' }, 'not_found', '404'],
])('%j names no cluster', async (args, code, words) => {
  const { tools } = paletteTools(await PaletteServer.start());
  const asked = callTool(tools, 'get_cluster_events', args);
  await expect(asked).rejects.toMatchObject({ code });
  await expect(asked).rejects.toThrow(words);
});

test('a name that two clusters have is not guessed', async () => {
  const server = await PaletteServer.start();
  const twice = ['u1', 'u2'].map((uid) => ({ metadata: { uid, name: 'twin' } }));
  server.answerWith('/v1/dashboard/spectroclusters/meta', twice);
  const asked = callTool(paletteTools(server).tools, 'get_cluster_events', { cluster_name: 'twin' });
  await expect(asked).rejects.toMatchObject({
    code: 'invalid_argument',
    fix: { steps: ['Give the uid of one of them: u1, u2.'] },
  });
});
