import { beforeEach, expect, test } from 'vitest';
import { parseMatchers } from '../../../src/domain/silence/matchers.ts';
import type { StateStore } from '../../../src/domain/state-store.ts';
import { receive } from '../../storage/store-fixture.ts';
import type { HealthFixture } from '../../support/health-fixture.ts';
import { healthOverStore } from '../../support/health-over-store.ts';
import { sampleTime } from '../../support/incident-samples.ts';
import { minute, signal } from '../../support/signals.ts';

let fixture: HealthFixture;
let store: StateStore;
beforeEach(async () => {
  ({ fixture, store } = await healthOverStore());
});

const hostile = '</li><script>alert(1)</script> \u202e\u0007';
const get = async (path: string) => (await fixture.get(path)).text();
const text = (page: string): string =>
  page
    .slice(page.indexOf('<main'))
    .replace(/<[^>]+>/g, '')
    .replace(/\s+/g, ' ');

test('OPS-3, UX-17: every fault that reached nobody is there with its rule in words, what was told is not', async () => {
  const silence = { startsAt: sampleTime, endsAt: sampleTime + 60 * minute, author: 'ana', comment: hostile };
  await store.addSilence({ ...silence, matchers: parseMatchers('name=quiet') }, sampleTime);
  await receive(store, [signal({ pod: 'told' })], {}, sampleTime);
  await receive(store, [signal({ pod: 'quiet' })], {}, sampleTime);
  await receive(
    store,
    [signal({ pod: 'low', severity: 'info' })],
    { cluster: { severityThreshold: 'critical' } },
    sampleTime,
  );
  const off = { triageEnabled: false, triageDisabledReason: 'triage.enabled: false' };
  await receive(store, [signal({ pod: 'off', context: hostile })], { cluster: off }, sampleTime);
  const invalid = { cluster: 'prod', source: 'push', reason: hostile, excerpt: hostile, at: sampleTime } as const;
  await store.accept([invalid], sampleTime);
  await store.countThrottled('prod', 4711, sampleTime);
  await store.accept([signal({ pod: 'new' })], sampleTime);
  const page = await get('/not-told');
  expect(page).not.toMatch(/<script>|\u202e|\u0007|payments\/told/);
  const words = text(page);
  for (const said of [
    'payments/quiet (Pod)Silenced: by ana (&lt;/li>&lt;script>alert(1)&lt;/script>',
    'payments/low (Pod)Its severity is below the threshold of the cluster, severity_threshold: critical.',
    'payments/off (Pod)Triage is off for the cluster: triage.enabled: false',
    'A notification that names no faultIt could not be read as a fault: &lt;/li>',
    '4711 notificationsOver the limit max_faults_per_second: only counted.',
    'payments/new (Pod)It was just received.',
  ])
    expect(words).toContain(said);
});

test('OPS-3: a fault that waits says until when, and a filter leaves what is asked for', async () => {
  const { fixture: over, store: waiting } = await healthOverStore({ pendingMs: { PodPending: 10 * minute } });
  await receive(waiting, [signal({ pod: 'low', faultType: 'ImagePull', cluster: 'east', severity: 'info' })], {
    cluster: { severityThreshold: 'critical' },
  });
  await receive(waiting, [signal({ pod: 'waits', faultType: 'PodPending', at: sampleTime })], {}, sampleTime);
  const page = await (await over.get('/not-told?outcome=pending')).text();
  expect(text(page)).toContain('it is told when it has stood until 2026-11-20 09:10:00 UTC');
  expect(page).not.toContain('payments/low');
  const east = await (await over.get('/not-told?cluster=east')).text();
  expect(east).toContain('payments/low');
  expect(east).not.toContain('payments/waits');
  expect(await (await over.get('/not-told?cluster=nowhere')).text()).toContain('Nothing was held back.');
  // What is not understood is nothing, not an error.
  expect((await over.get('/not-told?outcome=%22%3E%3Cscript%3E&before=%22%3E')).status).toBe(200);
});

test('OPS-3: older ones are on the next page, which keeps the filter and does not move when new ones come', async () => {
  const many = Array.from({ length: 60 }, (_, index) => signal({ pod: `low-${index}`, severity: 'info' }));
  await receive(store, many, { cluster: { severityThreshold: 'critical' } }, sampleTime);
  const first = await get('/not-told?cluster=prod&outcome=below_threshold');
  expect(first).toContain('data-live="fault"');
  const older = /href="(\/not-told\?[^"]+)" rel="next"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect(older).toMatch(/^\/not-told\?cluster=prod&outcome=below_threshold&before=\d+$/);
  const second = await get(older);
  expect(second.match(/data-row/g)).toHaveLength(10);
  expect(second).not.toContain('data-live="');
  expect(second).toContain('href="/not-told?cluster=prod&amp;outcome=below_threshold">First page');
});
