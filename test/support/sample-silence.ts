import type { Silence } from '../../src/domain/fault.ts';
import { minute, startOfTime } from './signals.ts';

/** A silence of an hour over the namespace `payments`, with what a test says of it. */
export function sampleSilence(change: Partial<Silence> = {}): Silence {
  return {
    id: 'sil_01K9Z3W8Q4',
    source: 'api',
    matchers: [{ name: 'namespace', operator: '=', value: 'payments' }],
    startsAt: startOfTime,
    endsAt: startOfTime + 60 * minute,
    author: 'ana',
    comment: 'database is moved',
    createdAt: startOfTime,
    endedBy: null,
    ...change,
  };
}
