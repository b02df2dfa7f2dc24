import { z } from 'zod';
import { duration, optionalDuration } from '../lib/quantity.ts';

const stateSchema = z
  .strictObject({
    type: z.enum(['sqlite']).default('sqlite').describe('Kind of state store.'),
    path: z.string().default('nightcrier.db').describe('The state file, relative to data_dir.'),
  })
  .describe('Faults, incidents, runs and messages.');

const artifactsSchema = z
  .strictObject({
    type: z.enum(['filesystem', 'azure-blob']).default('filesystem').describe('Kind of artifact store.'),
    path: z.string().default('artifacts').describe('Folder of the reports, relative to data_dir.'),
    connection_string: z.string().optional().describe('azure-blob: connection string.').meta({ writeOnly: true }),
    account: z.string().optional().describe('azure-blob: name of the storage account.'),
    key: z.string().optional().describe('azure-blob: account key; without it Entra ID.').meta({ writeOnly: true }),
    endpoint: z.url().optional().describe('azure-blob: address of the blob service.'),
    container: z.string().optional().describe('azure-blob: container of the reports.'),
    sas_expiry: optionalDuration().describe('azure-blob: how long links to reports work.'),
    create_container: z.boolean().optional().describe('azure-blob: make the container when it is missing.'),
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
