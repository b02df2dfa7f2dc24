import { z } from 'zod';
import { duration } from '../lib/quantity.ts';

export const storageSchema = z.strictObject({
  state: z
    .strictObject({ type: z.enum(['sqlite']).default('sqlite'), path: z.string().default('nightcrier.db') })
    .prefault({}),
  artifacts: z
    .strictObject({ type: z.enum(['filesystem']).default('filesystem'), path: z.string().default('artifacts') })
    .prefault({}),
  retention: z.strictObject({ incidents: duration('30d'), workspaces: duration('7d') }).prefault({}),
  upload_failed_investigations: z.boolean().default(false),
});
export type StorageConfig = z.infer<typeof storageSchema>;
