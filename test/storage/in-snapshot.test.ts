import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Row, Value } from '../../src/storage/sqlite/database.ts';
import { Database } from '../../src/storage/sqlite/database.ts';
import { commitTogether } from '../../src/storage/worker/group-commit.ts';
import { inSnapshot } from '../../src/storage/sqlite/transaction.ts';
import { openForWriting } from '../../src/storage/sqlite/open-database.ts';
import { counters } from '../../src/storage/operations/queries.ts';
import { startOfTime, storePolicy } from '../support/signals.ts';
import { tempDir } from '../support/temp-dir.ts';
import { createRedactor } from '../../src/lib/redact/redact.ts';

/** A connection beside which something is written before each of its queries. */
class OvertakenDatabase extends Database {
  overtake: () => void = () => {};

  override all<T = Row>(sql: string, ...params: Value[]): T[] {
    const rows = super.all<T>(sql, ...params);
    this.overtake();
    return rows;
  }
}

test('INT-5: received faults and outcomes are counted at one moment, whatever is written meanwhile', () => {
  const file = join(tempDir(), 'state.db');
  const writer = openForWriting(file);
  const reader = new OvertakenDatabase(file, { readOnly: true });
  try {
    reader.overtake = () => {
      const args = ['prod', 10, startOfTime];
      commitTogether({ db: writer, policy: storePolicy(), redact: createRedactor() }, [
        { id: 1, name: 'countThrottled', args },
      ]);
    };
    reader.overtake();
    const { received, outcomes } = inSnapshot(reader, counters);
    expect(received).toEqual([{ cluster: 'prod', source: 'push', count: 10, lastAt: startOfTime }]);
    expect(outcomes).toEqual([{ cluster: 'prod', outcome: 'throttled', count: 10 }]);
    // Without it they do not agree: the test would see it.
    const torn = counters(reader);
    expect(torn.outcomes[0]?.count).not.toBe(torn.received[0]?.count);
    expect(() =>
      inSnapshot(reader, () => {
        throw new Error('a bad query');
      }),
    ).toThrow('a bad query');
    expect(reader.inTransaction).toBe(false);
  } finally {
    reader.close();
    writer.close();
  }
});
