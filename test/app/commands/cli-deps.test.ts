import path from 'node:path';
import { expect, test } from 'vitest';
import { cliDeps } from '../../../src/app/commands/cli-deps.ts';
import { openTestStore, receive } from '../../storage/store-fixture.ts';
import { signal } from '../../support/signals.ts';
import { tempDir } from '../../support/temp-dir.ts';

test('OPS-4: commands read the state beside a daemon that has it open', async () => {
  const { store, file } = await openTestStore();
  await receive(store, [signal()]);
  const reader = await cliDeps.openReader(file);
  try {
    expect((await reader.incidents({ limit: 10 })).items.map(({ incident }) => incident.cluster)).toEqual(['prod']);
  } finally {
    await reader.close();
  }
});

test('OPS-4: a state that is not there is an error, and none is made', async () => {
  const file = path.join(tempDir(), 'state.db');
  await expect(cliDeps.openReader(file)).rejects.toThrow(/state/);
  await expect(cliDeps.openReader(file)).rejects.toThrow(/state/);
});
