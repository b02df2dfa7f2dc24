import { expect, test } from 'vitest';
import { timelineOf } from '../../../src/report/model/timeline.ts';
import type { ConnectionSpan } from '../../../src/domain/cluster-status.ts';
import { emptyHistory, sampleIncident, sampleTime } from '../../support/incident-samples.ts';

const minute = 60_000;

test('OPS-3: when the cluster was not heard stands in the timeline, with why and for how long; a moment does not', () => {
  const incident = sampleIncident({ cluster: 'prod-eu', openedAt: sampleTime });
  const lost = { state: 'failed', source: 'none', error: { code: 'NC-CLUSTER-002', message: 'refused' } } as const;
  const unheard: ConnectionSpan[] = [
    { ...lost, from: sampleTime + 9 * minute, until: null, error: null },
    { ...lost, from: sampleTime + 8 * minute, until: sampleTime + 8 * minute + 500 },
    { ...lost, from: sampleTime + minute, until: sampleTime + 5 * minute },
  ];
  const detail = { incident, faults: [], runs: [] };
  const moments = timelineOf(detail, { ...emptyHistory, unheard }, sampleTime + 10 * minute);
  expect(moments.filter(({ kind }) => kind === 'cluster')).toEqual([
    { at: sampleTime + minute, kind: 'cluster', words: 'Cluster prod-eu was not heard from here on: refused' },
    { at: sampleTime + 5 * minute, kind: 'cluster', words: 'Cluster prod-eu was heard again, after 4 min' },
    { at: sampleTime + 9 * minute, kind: 'cluster', words: 'Cluster prod-eu was not heard from here on' },
  ]);
  expect(timelineOf(detail, null, sampleTime).some(({ kind }) => kind === 'cluster')).toBe(false);
});
