import { expect, onTestFinished, test } from 'vitest';
import { parseMatchers } from '../../../../src/domain/silence/matchers.ts';
import { endedByIncident, untilResolved } from '../../../../src/domain/silence/silences.ts';
import type { StateStore } from '../../../../src/domain/state-store.ts';
import { silentLogger } from '../../../../src/lib/log.ts';
import { endSilencesWithIncidents } from '../../../../src/notify/slack/actions/until-resolved.ts';
import { openIncident, openTestStore } from '../../../storage/store-fixture.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { minute, startOfTime as start } from '../../../support/signals.ts';
import { waitUntil } from '../../../support/wait-until.ts';

const endsAt = start + 300 * minute;

async function silence(store: StateStore, comment: string): Promise<void> {
  const asked = { matchers: parseMatchers('cluster=prod'), startsAt: start, endsAt, author: 'ana', comment };
  await store.addSilence({ ...asked, way: 'slack' }, start);
}

function watching(store: StateStore, at: number): void {
  const clock = new ManualClock(at);
  const watch = endSilencesWithIncidents({ store, clock, log: silentLogger });
  onTestFinished(() => watch.stop());
}

const ends = async (store: StateStore) =>
  Object.fromEntries(
    (await store.silences()).map(({ comment, endedBy, endsAt: end, wasToEndAt }) => [
      comment,
      [endedBy, end, wasToEndAt],
    ]),
  );

test.each([['while it is watched'], ['while nobody looked']])(
  'UX-15, INT-3: a silence that holds until an incident is resolved ends with it, %s; others stay',
  async (when) => {
    const { store } = await openTestStore();
    const id = await openIncident(store, 'api', 'critical', start);
    const other = await openIncident(store, 'other', 'critical', start);
    for (const comment of [untilResolved(id), untilResolved(other), 'a move']) await silence(store, comment);
    if (when === 'while it is watched') watching(store, start + minute);
    await store.orderIncident(id, { kind: 'resolve', by: 'ana', comment: '' }, start + minute);
    if (when === 'while nobody looked') watching(store, start + minute);
    const isOver = async () => (await store.silences()).some(({ endedBy }) => endedBy !== null);
    await waitUntil(isOver, 'the end of the silence', 20_000);
    expect(await ends(store)).toEqual({
      [untilResolved(id)]: [endedByIncident, start + minute, endsAt],
      [untilResolved(other)]: [null, endsAt, undefined],
      'a move': [null, endsAt, undefined],
    });
  },
);
