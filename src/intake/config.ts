import { z } from 'zod';
import { longestPendingMs } from '../domain/decide/pending.ts';
import { knownFaultTypes } from '../domain/fault-types.ts';
import { formatDuration, parseDuration } from '../lib/format.ts';
import { duration, durationText } from '../lib/quantity.ts';

const pendingTime = durationText
  .refine((text) => (parseDuration(text) ?? 0) <= longestPendingMs, `at most ${formatDuration(longestPendingMs)}`)
  .transform((text) => parseDuration(text) ?? 0);

const pendingSchema = z
  .partialRecord(z.enum(knownFaultTypes), pendingTime)
  .default({})
  .describe(
    'How long faults of a type stand before anybody is told, over the built-in times (docs/faults.md): what passes by itself meanwhile ends as self_resolved. 0s: told at once.',
  );

export const intakeSchema = z
  .strictObject({
    dedup_window: duration('15m').describe('A repeat of a fault within this time only counts up.'),
    group_wait: duration('3s').describe('How long an incident gathers faults before its run starts.'),
    pending: pendingSchema,
    reopen_window: duration('30m').describe('A fault that is back within this time reopens its incident.'),
    max_open_faults_per_cluster: z
      .int()
      .min(1)
      .default(10_000)
      .describe('More active faults are counted as throttled.'),
  })
  .describe('How faults become incidents.');
