import type { z } from 'zod';
import type { ArtifactStore } from '../../domain/ports.ts';
import type { Clock } from '../../lib/clock.ts';
import type { storageSchema } from '../config.ts';
import type { AzureAccess } from './azure-access.ts';
import { createFilesystemArtifacts } from './filesystem.ts';

type ArtifactsConfig = z.infer<typeof storageSchema>['artifacts'];

/** The store that is configured. What speaks to Azure is loaded for those who have it. */
export async function openArtifacts(config: ArtifactsConfig, clock: Clock): Promise<ArtifactStore> {
  if (config.type === 'filesystem') return createFilesystemArtifacts(config.path);
  const { createAzureArtifacts } = await import('./azure-blob.ts');
  return createAzureArtifacts({
    access: await accessOf(config),
    container: config.container ?? '',
    createContainer: config.create_container,
    expiryMs: config.sas_expiry,
    clock,
  });
}

/** Which keys are there was checked when the configuration was read. */
async function accessOf(config: ArtifactsConfig): Promise<AzureAccess> {
  const { connection_string: connectionString, account = '', key, endpoint = null } = config;
  if (connectionString !== undefined) return { kind: 'connection_string', connectionString };
  if (key !== undefined) return { kind: 'key', account, key, endpoint };
  const { DefaultAzureCredential } = await import('@azure/identity');
  return { kind: 'entra_id', account, credential: new DefaultAzureCredential(), endpoint };
}
