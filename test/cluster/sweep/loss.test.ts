import { expect, test } from 'vitest';
import { LossWatch } from '../../../src/cluster/sweep/loss.ts';
import type { Observation } from '../../../src/domain/state-store.ts';
import { McpReader } from '../../../src/kube/read/mcp-reader.ts';
import { fakeTools } from '../../support/fake-tools.ts';

const signal = AbortSignal.timeout(20_000);
const minutes = 60_000;
const seen = (gone: number, others: number, other: Observation = 'active') =>
  Array.from({ length: gone + others }, (_, episodeId) => ({
    episodeId,
    observation: episodeId < gone ? ('absent' as const) : other,
  }));

/** A watch that knows the cluster, and what it says when nothing can be read of it any more. */
async function blind(gone: number, others: number, other: Observation = 'active'): Promise<number> {
  const tools = fakeTools([]);
  const watch = new LossWatch();
  await watch.confirm(new McpReader(tools), seen(0, 1), 0, signal);
  tools.fail = () => 'namespaces "kube-system" is forbidden';
  const { observations } = await watch.confirm(new McpReader(tools), seen(gone, others, other), 1, signal);
  return observations.filter(({ observation }) => observation === 'unknown').length;
}

test.each([
  [4, 0, 'active', 0],
  [5, 0, 'active', 5],
  [5, 4, 'active', 5],
  [5, 5, 'active', 0],
  [50, 60, 'active', 0],
  // Those that are well again are there: only what is gone is in doubt.
  [0, 9, 'healthy', 0],
  [5, 2, 'healthy', 5],
] as const)('CON-5: %d gone and %d others (%s): %d are in doubt', async (gone, others, other, doubted) => {
  expect(await blind(gone, others, other)).toBe(doubted);
});

test('CON-5: a doubt needs ten minutes and three sweeps, and begins anew after it was dispelled', async () => {
  const tools = fakeTools([]);
  const watch = new LossWatch();
  const doubts = async (gone: number, at: number): Promise<boolean> =>
    (await watch.confirm(new McpReader(tools), seen(gone, 1), at, signal)).doubt !== null;
  await doubts(0, 0);
  tools.uid = 'another';
  expect([await doubts(6, 0), await doubts(6, 30 * minutes)]).toEqual([true, true]);
  tools.uid = 'uid-of-the-cluster';
  expect(await doubts(6, 31 * minutes)).toBe(false);
  tools.uid = 'another';
  const later = [32, 40, 41, 42].map((minute) => minute * minutes);
  expect([await doubts(6, later[0]!), await doubts(6, later[1]!), await doubts(6, later[2]!)]).toEqual([
    true,
    true,
    true,
  ]);
  expect(await doubts(6, later[3]!)).toBe(false);
  // It is this cluster now.
  expect(await doubts(6, 50 * minutes)).toBe(false);
});

test('CON-5: the identity is read once, then only when something is gone', async () => {
  const tools = fakeTools([]);
  const watch = new LossWatch();
  const reader = new McpReader(tools);
  for (let sweep = 0; sweep < 3; sweep += 1) await watch.confirm(reader, seen(0, 3), sweep, signal);
  expect(tools.calls).toHaveLength(1);
  await watch.confirm(reader, seen(1, 3), 4, signal);
  expect(tools.calls).toHaveLength(2);
  await new LossWatch().confirm(reader, [], 5, signal);
  expect(tools.calls).toHaveLength(2);
});

test('the signal ends it', async () => {
  const stopped = new LossWatch().confirm(
    new McpReader(fakeTools([])),
    seen(1, 0),
    0,
    AbortSignal.abort(new Error('stop')),
  );
  await expect(stopped).rejects.toThrow('stop');
});
