import { z } from 'zod';
import { duration } from '../lib/quantity.ts';

export const intakeSchema = z.strictObject({
  dedup_window: duration('15m'),
  group_wait: duration('3s').describe('How long an incident gathers faults before its run starts.'),
  reopen_window: duration('30m'),
  max_open_faults_per_cluster: z.int().min(1).default(10_000),
});
export type IntakeConfig = z.infer<typeof intakeSchema>;
