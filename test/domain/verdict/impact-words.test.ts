import { expect, test } from 'vitest';
import type { Impact } from '../../../src/domain/verdict/impact.ts';
import { impactShort, impactWords } from '../../../src/domain/verdict/impact-words.ts';
import { impactSample } from '../../support/impact-sample.ts';

const service = (name: string, endpoints: number) => ({ object: `Service shop/${name}`, endpoints });

test.each<[string, Impact, string, string | null]>([
  [
    'none, with its time',
    impactSample({ since: Date.UTC(2026, 0, 1, 10, 2), services: [service('cart', 0)], serves: false }),
    'Nothing serves: 0 of 3 pods of Deployment payments/api are ready since 2026-01-01 10:02:00 UTC; Service shop/cart has no ready endpoint.',
    '0 of 3 pods ready',
  ],
  ['some', impactSample({ ready: 2 }), '2 of 3 pods of Deployment payments/api are ready.', '2 of 3 pods ready'],
  [
    'some, which keep ending',
    impactSample({ ready: 2, crashing: 2 }),
    '2 of 3 pods of Deployment payments/api are ready; containers of 2 of them keep ending.',
    '2 of 3 pods ready',
  ],
  [
    'all of the revision before',
    impactSample({ ready: 3, revisions: { before: 3, newest: 0 }, services: [service('cart', 3)], serves: true }),
    'Still serves: 3 of 3 pods of Deployment payments/api are ready, all of the revision before; of the new one none is.',
    '3 of 3 pods ready',
  ],
  [
    'of both revisions, more than are wanted',
    impactSample({ ready: 3, revisions: { before: 3, newest: 1 } }),
    '3 of 3 pods of Deployment payments/api are ready, 3 of the revision before and 1 of the new one.',
    '3 of 3 pods ready',
  ],
  [
    'ready without endpoints',
    impactSample({ ready: 3, services: [service('a', 0), service('b', 0)], serves: false }),
    'Nothing serves: 3 of 3 pods of Deployment payments/api are ready; Service shop/a, Service shop/b have no ready endpoint.',
    '3 of 3 pods ready, no endpoint',
  ],
  [
    'none wanted, by design',
    impactSample({ pods: 0, services: [service('cart', 0)], by_design: true }),
    'No pod of Deployment payments/api is wanted; Service shop/cart has no ready endpoint; that is by design.',
    'no endpoint',
  ],
  [
    'runs',
    {
      of: 'runs',
      at: null,
      object: 'CronJob a/b',
      failed: 1,
      since: 0,
      succeeded_at: null,
      running: false,
      suspended: false,
    },
    'The last run of CronJob a/b failed; none is known to have succeeded.',
    'the last run failed',
  ],
  [
    'runs, long after a success',
    {
      of: 'runs',
      at: Date.UTC(2026, 0, 1, 12),
      object: 'CronJob a/b',
      failed: 3,
      since: Date.UTC(2026, 0, 1, 11),
      succeeded_at: Date.UTC(2026, 0, 1, 10),
      running: false,
      suspended: false,
    },
    'The last 3 runs of CronJob a/b failed, the first began 2026-01-01 11:00:00 UTC; the last one that succeeded ended 2026-01-01 10:00:00 UTC, 2 h before this was read.',
    '3 runs in a row failed',
  ],
  [
    'runs of which earlier ones may not be kept',
    {
      of: 'runs',
      at: null,
      object: 'CronJob a/b',
      failed: 3,
      at_least: true,
      since: null,
      succeeded_at: null,
      running: false,
      suspended: false,
    },
    'At least the last 3 runs of CronJob a/b failed; none is known to have succeeded.',
    'at least 3 runs in a row failed',
  ],
  [
    'a part of what the incident is about',
    impactSample({ pods: 20, workload_count: 20, at_least: true }),
    '0 of at least 20 pods of at least 20 workloads are ready (Deployment payments/api 0 of 20, and 19 more).',
    '0 of at least 20 pods ready',
  ],
  [
    'a node',
    {
      of: 'node',
      at: null,
      object: 'Node n1',
      ready: 1,
      pods: 9,
      workloads: [{ object: 'DaemonSet a/b', pods: 8 }],
      workload_count: 2,
    },
    '1 of 9 pods that were read on Node n1 are ready; they are of DaemonSet a/b (8), and 1 more, whose pods on other nodes are not counted.',
    '1 of 9 pods on it ready',
  ],
  [
    'a Job',
    { of: 'job', at: null, object: 'Job a/b', state: 'going_on', done: 0, wanted: 1, failed_pods: 0 },
    'Job a/b has not ended: 0 of 1 completion.',
    '0 of 1 completion',
  ],
  ['nothing', { of: 'unknown', at: null, why: 'no evidence was read' }, 'Not known: no evidence was read.', null],
])('QUA-4: in words: %s', (_what, impact, words, short) => {
  expect([impactWords(impact), impactShort(impact)]).toEqual([words, short]);
});

test.each<[Impact, string]>([
  [
    impactSample({ revisions: { before: 2, newest: 0 }, ready: 2 }),
    '2 of 3 pods are ready, all of the revision before; of the new one none is.',
  ],
  [impactSample({ pods: 0 }), 'No pod is wanted.'],
  [
    impactSample({ workload_count: 2 }),
    '0 of 3 pods of 2 workloads are ready (Deployment payments/api 0 of 3, and 1 more).',
  ],
  [
    { of: 'job', at: null, object: 'Deployment payments/api', state: 'failed', done: 0, wanted: 2, failed_pods: 1 },
    'It failed: 0 of 2 completions; 1 pod of it failed.',
  ],
  [
    {
      of: 'runs',
      at: null,
      object: 'Deployment payments/api',
      failed: 2,
      since: null,
      succeeded_at: null,
      running: true,
      suspended: false,
    },
    'The last 2 runs failed; none is known to have succeeded; a run is going on.',
  ],
  [
    { of: 'node', at: null, object: 'Deployment payments/api', ready: 1, pods: 1, workloads: [], workload_count: 0 },
    '1 of 1 pod that was read on it is ready.',
  ],
])('QUA-4: beside the object itself its name is left out', (impact, words) => {
  expect(impactWords(impact, 'Deployment payments/api')).toBe(words);
  expect(impactWords(impact, 'Deployment shop/other')).toBe(impactWords(impact));
});
