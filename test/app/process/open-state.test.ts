import path from 'node:path';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { openState } from '../../../src/app/process/open-state.ts';
import { Cleanups } from '../../../src/lib/cleanups.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { storePolicy } from '../../support/signals.ts';

test('a data_dir has one process; what was opened is closed in reverse, and another may open it then', async () => {
  const dataDir = path.join(tempDir(), 'data');
  const open = async () => {
    const made = new Cleanups();
    const file = path.join(dataDir, 'nightcrier.db');
    const base = { dataDir, file, policy: storePolicy({}), made, registry: new Registry(), logger: silentLogger };
    try {
      return { made, ...(await openState({ ...base, onStopped: () => {} })) };
    } catch (error) {
      await made.run();
      throw error;
    }
  };
  const first = await open();
  expect(first.problems()).toEqual([]);
  await expect(open()).rejects.toMatchObject({ code: expect.stringMatching(/^NC-/) });
  await first.made.run();
  const second = await open();
  expect((await second.store.counters()).queuedRuns).toBe(0);
  await second.made.run();
});
