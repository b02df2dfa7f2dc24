import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { groupEvents } from '../../../src/mcp/flux/event-groups.ts';
import { recordedEvents } from '../../support/flux.ts';

/** An event whose times are seconds of one minute. */
function event(message: string, second: number, fields: Record<string, unknown> = {}): KubeObject {
  const at = `2026-11-20T23:00:${String(second).padStart(2, '0')}Z`;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `e${second}`, namespace: 'flux-system', creationTimestamp: at },
    type: 'Warning',
    reason: 'BuildFailed',
    message,
    count: 1,
    firstTimestamp: at,
    lastTimestamp: at,
    involvedObject: { kind: 'Kustomization', namespace: 'flux-system', name: 'apps' },
    source: { component: 'kustomize-controller' },
    ...fields,
  };
}

describe('events that say the same are one (FLX-7)', () => {
  test('the folder of the attempt and durations do not tell them apart; the newest words stand', () => {
    const groups = groupEvents([
      event('open /tmp/kustomization-1/apps/x.yaml: no such file after 30.1s', 1),
      event('open /tmp/kustomization-22/apps/x.yaml: no such file after 31.25s', 9, { count: 4 }),
      event('(combined from similar events): open /tmp/kustomization-3/apps/x.yaml: no such file after 1m30s', 5),
    ]);
    expect(groups).toEqual([
      {
        type: 'Warning',
        reason: 'BuildFailed',
        message: 'open apps/x.yaml: no such file after 31.25s',
        count: 6,
        first: '2026-11-20T23:00:01.000Z',
        last: '2026-11-20T23:00:09.000Z',
        object: 'Kustomization/flux-system/apps',
        component: 'kustomize-controller',
      },
    ]);
  });

  test('another object, reason, type, component or message is another group, newest first', () => {
    const groups = groupEvents([
      event('a', 1),
      event('b', 2),
      event('a', 3, { reason: 'ArtifactFailed' }),
      event('a', 4, { type: 'Normal' }),
      event('a', 5, { source: { component: 'other' } }),
      event('a', 6, { involvedObject: { kind: 'Kustomization', namespace: 'flux-system', name: 'infra' } }),
    ]);
    expect(groups.map(({ last }) => last?.slice(17, 19))).toEqual(['06', '05', '04', '03', '02', '01']);
  });

  test('events of the newer API, and what has no time, no message, no object', () => {
    const series = { count: 7, lastObservedTime: '2026-11-20T23:05:00Z' };
    const newer = event('a', 1, {
      count: undefined,
      lastTimestamp: null,
      firstTimestamp: null,
      eventTime: '2026-11-20T23:00:01Z',
      series,
      source: null,
      reportingComponent: 'helm-controller',
    });
    const bare: KubeObject = { apiVersion: 'v1', kind: 'Event', metadata: { name: 'bare' } };
    expect(groupEvents([bare, newer])).toEqual([
      expect.objectContaining({ count: 7, last: '2026-11-20T23:05:00.000Z', component: 'helm-controller' }),
      { type: 'Normal', reason: '', message: '', count: 1, object: '/' },
    ]);
  });

  test('the recorded events of each object: as many as they were, in fewer groups', () => {
    const byObject = Map.groupBy(recordedEvents, (one) => (one['involvedObject'] as { name: string }).name);
    const groups = Object.fromEntries([...byObject].map(([name, events]) => [name, groupEvents(events)]));
    expect(groups['bad-build']).toEqual([expect.objectContaining({ reason: 'BuildFailed', count: 18 })]);
    expect(groups['blocked']).toEqual([
      expect.objectContaining({ type: 'Normal', reason: 'DependencyNotReady', count: 25 }),
    ]);
    // Six failures of a health check, each after a little more than 30 s.
    expect(groups['health-timeout']?.find(({ reason }) => reason === 'HealthCheckFailed')).toMatchObject({ count: 6 });
    expect(groups['bad-path']?.find(({ reason }) => reason === 'ArtifactFailed')).toMatchObject({ count: 13 });
  });
});
