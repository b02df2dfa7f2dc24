import { expect, test } from 'vitest';
import { RecentReader } from '../../../src/cluster/watch/recent-reader.ts';
import { ReadError } from '../../../src/kube/cluster-reader.ts';
import { object } from '../../support/kube-objects.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const { signal } = new AbortController();

test('CON-8: an object is asked for once in ten seconds; a failure is not kept', async () => {
  const clock = new ManualClock();
  let calls = 0;
  let works = false;
  const reader = new RecentReader(
    {
      get: async (...[, kind, , name]) => {
        calls += 1;
        if (!works) throw new ReadError('timeout', 'slow');
        return object(kind, name);
      },
    },
    clock,
  );
  const read = () => reader.get('v1', 'Pod', 'shop', 'p', signal);
  await expect(read()).rejects.toThrow('slow');
  works = true;
  expect((await read())?.metadata.name).toBe('p');
  await read();
  expect(calls).toBe(2);
  await clock.advance(10_001);
  await read();
  expect(calls).toBe(3);
  await reader.get('v1', 'Pod', 'shop', 'q', signal);
  expect(calls).toBe(4);
});
