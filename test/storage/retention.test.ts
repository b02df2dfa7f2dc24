import { expect, onTestFinished, test } from 'vitest';
import { createRetention } from '../../src/storage/retention.ts';
import type { Pruned } from '../../src/domain/incident.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { ManualClock } from '../support/manual-clock.ts';

const hour = 3_600_000;

/** A store that gives these pages, one a call, then nothing. */
function retention(pages: (Pruned | Error)[]) {
  const clock = new ManualClock();
  const asked: number[] = [];
  const removed: string[] = [];
  const warnings: object[] = [];
  const one = createRetention({
    store: {
      prune: (olderThan) => {
        asked.push(clock.now() - olderThan);
        const page = pages.shift() ?? { incidents: [], more: false };
        return page instanceof Error ? Promise.reject(page) : Promise.resolve(page);
      },
    },
    artifacts: {
      remove: (cluster, id) => {
        removed.push(`${cluster}/${id}`);
        return Promise.resolve();
      },
    },
    keepMs: () => 30 * hour,
    clock,
    logger: { ...silentLogger, warn: (fields) => void warnings.push(fields) },
  });
  onTestFinished(() => one.stop());
  return { one, clock, asked, removed, warnings };
}

const page = (more: boolean, ...ids: string[]): Pruned => ({
  incidents: ids.map((id) => ({ cluster: 'prod', id })),
  more,
});

test('OPS-5: what ended longer ago goes with its artifacts, page by page, at start and every hour', async () => {
  const { one, clock, asked, removed } = retention([page(true, 'inc_1', 'inc_2'), page(false, 'inc_3')]);
  one.start();
  await clock.advance(0);
  expect(asked).toEqual([30 * hour, 30 * hour]);
  expect(removed).toEqual(['prod/inc_1', 'prod/inc_2', 'prod/inc_3']);
  await clock.advance(hour - 1);
  expect(asked).toHaveLength(2);
  await clock.advance(1);
  expect(asked).toHaveLength(3);
});

test('a store that refuses is tried again in an hour', async () => {
  const { one, clock, removed, warnings } = retention([new Error('disk full'), page(false, 'inc_1')]);
  one.start();
  await clock.advance(0);
  expect(warnings).toEqual([{ error: 'disk full' }]);
  await clock.advance(hour);
  expect(removed).toEqual(['prod/inc_1']);
});

test('OPS-5: a stop waits for the page that goes on, and no further page is asked for', async () => {
  const { one, asked, removed } = retention([page(true, 'inc_1'), page(true, 'inc_2')]);
  one.start();
  await one.stop();
  expect([asked.length, removed]).toEqual([1, ['prod/inc_1']]);
});
