import { expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { callTool } from '../../support/call-tool.ts';
import { fluxInMemory, fluxTools } from '../../support/flux.ts';
import type { ObjectsReader } from '../../support/objects-reader.ts';

interface Row {
  readonly type: string;
  readonly reason: string;
  readonly object: string;
  readonly count: number;
  readonly last: string;
  readonly message: string;
}

async function eventsOf(reader: ObjectsReader, args: Record<string, unknown>): Promise<readonly Row[]> {
  const result = await callTool(fluxTools(reader), 'get_kustomization_events', args);
  return result['items'] as readonly Row[];
}

function sourceEvent(overrides: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `platform.${JSON.stringify(overrides).length}`, namespace: 'flux-system' },
    type: 'Warning',
    reason: 'GitOperationFailed',
    message: "unable to clone 'https://bot:hunter2secret@git.example.com/a'",
    count: 2,
    firstTimestamp: '2026-11-20T23:08:00Z',
    lastTimestamp: '2026-11-20T23:09:30Z',
    involvedObject: {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      namespace: 'flux-system',
      name: 'platform',
    },
    ...overrides,
  };
}

test('what waits for a dependency is seen: its event is Normal (FLX-7)', async () => {
  const all = await eventsOf(fluxInMemory(), { name: 'blocked' });
  expect(all).toMatchObject([{ type: 'Normal', reason: 'DependencyNotReady', count: 25 }]);
  expect(await eventsOf(fluxInMemory(), { name: 'blocked', types: ['Warning'] })).toEqual([]);
});

test('newest first, with those of the source, unless they are not wanted (FLX-7, FLX-9)', async () => {
  const reader = fluxInMemory();
  reader.put(sourceEvent());
  // Of the same name, of another kind, and of no kind of Flux.
  reader.put(sourceEvent({ involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', name: 'platform' } }));
  reader.put(sourceEvent({ involvedObject: { apiVersion: 'x.io/v1', kind: 'GitRepository', name: 'platform' } }));
  const rows = await eventsOf(reader, { name: 'bad-build' });
  expect(rows).toMatchObject([
    { object: 'GitRepository/flux-system/platform', count: 2, message: "unable to clone 'https://git.example.com/a'" },
    { object: 'Kustomization/flux-system/bad-build', count: 18 },
  ]);
  const own = await eventsOf(reader, { name: 'bad-build', include_source: false });
  expect(own.map(({ object }) => object)).toEqual(['Kustomization/flux-system/bad-build']);
});

test('pages go on after the last that was given, also when older events are gone and new ones have come', async () => {
  const reader = fluxInMemory();
  const at = (second: number): string => `2026-11-20T23:09:${second}Z`;
  const own = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', name: 'bad-build' };
  const put = (reason: string, second: number): unknown =>
    reader.put(
      sourceEvent({
        metadata: { name: reason, namespace: 'flux-system' },
        involvedObject: own,
        reason,
        lastTimestamp: at(second),
      }),
    );
  for (const [index, reason] of ['a', 'b', 'c', 'd'].entries()) put(reason, 50 - index);
  const args = { name: 'bad-build', limit: 2 };
  const first = await callTool(fluxTools(reader), 'get_kustomization_events', args);
  put('new', 59);
  reader.remove('v1', 'Event', 'flux-system', 'a');
  const second = await callTool(fluxTools(reader), 'get_kustomization_events', {
    ...args,
    cursor: first['next_cursor'],
  });
  const reasons = [first, second].flatMap((page) => (page['items'] as Row[]).map(({ reason }) => reason));
  expect(reasons).toEqual(['a', 'b', 'c', 'd']);
});

test('since takes the newest only', async () => {
  const times = (rows: readonly Row[]): string[] => rows.map(({ last }) => last);
  const all = times(await eventsOf(fluxInMemory(), { name: 'bad-path' }));
  expect(all.length).toBeGreaterThan(2);
  // The recording is looked at at 23:10.
  const lately = times(await eventsOf(fluxInMemory(), { name: 'bad-path', since: '2m52s' }));
  expect(lately).toEqual(all.filter((time) => time >= '2026-11-20T23:07:08.000Z'));
  expect(lately.length).toBeLessThan(all.length);
  await expect(eventsOf(fluxInMemory(), { name: 'bad-path', since: 'yesterday' })).rejects.toThrow(/since/);
});

test('of one that is gone its events are left; of one that never was there are none', async () => {
  const reader = fluxInMemory();
  reader.remove('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', 'flux-system', 'bad-build');
  expect(await eventsOf(reader, { name: 'bad-build' })).toHaveLength(1);
  const none = eventsOf(reader, { name: 'never', namespace: 'team-a' });
  await expect(none).rejects.toMatchObject({
    code: 'not_found',
    fix: { command: 'kubectl --context c1 get kustomizations -A' },
  });
  expect(await eventsOf(reader, { name: 'source-missing' })).toEqual([]);
});

test('names that are none are refused before anything is read', async () => {
  const reader = fluxInMemory();
  for (const name of ['', '-a', 'A', 'a,involvedObject.kind=Secret', 'a/b']) {
    await expect(eventsOf(reader, { name })).rejects.toThrow(/name/);
  }
  expect(reader.calls).toEqual([]);
});
