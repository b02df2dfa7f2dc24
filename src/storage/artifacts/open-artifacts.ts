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

/** A store that gives everything to another one, which can be changed. What goes on ends with the one that it began with. */
export function replaceable(first: ArtifactStore): ArtifactStore & { use(next: ArtifactStore): void } {
  let store = first;
  return {
    put: (...args) => store.put(...args),
    get: (...args) => store.get(...args),
    list: (...args) => store.list(...args),
    remove: (...args) => store.remove(...args),
    check: (signal) => store.check(signal),
    link: (report) => store.link(report),
    use: (next) => {
      store = next;
    },
  };
}

/** Which keys are there was checked when the configuration was read. */
async function accessOf(config: ArtifactsConfig): Promise<AzureAccess> {
  const { connection_string: connectionString, account = '', key, endpoint = null } = config;
  if (connectionString !== undefined) return { kind: 'connection_string', connectionString };
  if (key !== undefined) return { kind: 'key', account, key, endpoint };
  const { DefaultAzureCredential } = await import('@azure/identity');
  return { kind: 'entra_id', account, credential: new DefaultAzureCredential(), endpoint };
}
