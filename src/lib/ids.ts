import { monotonicFactory } from 'ulid';

const next = monotonicFactory();

/** An id such as `inc_01K9Z3W8Q4…`: sorts by time, safe in file names and URLs. `now` in ms since the epoch. */
export function newId(prefix: 'inc' | 'run' | 'dlv' | 'act' | 'sil' | 'flt' | 'fbk' | 'ask', now: number): string {
  return `${prefix}_${next(now)}`;
}
