import { z } from 'zod';
import { duration } from '../lib/quantity.ts';

const stateSchema = z
  .strictObject({
    type: z.enum(['sqlite']).default('sqlite').describe('Kind of state store.'),
    path: z.string().default('nightcrier.db').describe('The state file, relative to data_dir.'),
  })
  .describe('Faults, incidents, runs and messages.');

const artifactsSchema = z
  .strictObject({
    type: z.enum(['filesystem']).default('filesystem').describe('Kind of artifact store.'),
    path: z.string().default('artifacts').describe('Folder of the reports, relative to data_dir.'),
  })
  .describe('Reports and their evidence.');

export const storageSchema = z
  .strictObject({
    state: stateSchema.prefault({}),
    artifacts: artifactsSchema.prefault({}),
    retention: z
      .strictObject({
        incidents: duration('30d').describe('Ended incidents and their faults are kept so long.'),
        workspaces: duration('7d').describe('Workspaces of runs are kept so long.'),
      })
      .prefault({})
      .describe('How long things are kept.'),
    upload_failed_investigations: z.boolean().default(false).describe('Store the artifacts of failed runs as well.'),
  })
  .describe('Where state and reports are kept.');
