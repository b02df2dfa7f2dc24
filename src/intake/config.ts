import { z } from 'zod';
import { duration } from '../lib/quantity.ts';

export const intakeSchema = z
  .strictObject({
    dedup_window: duration('15m').describe('A repeat of a fault within this time only counts up.'),
    group_wait: duration('3s').describe('How long an incident gathers faults before its run starts.'),
    reopen_window: duration('30m').describe('A fault that is back within this time reopens its incident.'),
    max_open_faults_per_cluster: z
      .int()
      .min(1)
      .default(10_000)
      .describe('More active faults are counted as throttled.'),
  })
  .describe('How faults become incidents.');
