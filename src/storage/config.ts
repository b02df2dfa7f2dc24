import { z } from 'zod';
import { parseDuration } from '../lib/format.ts';
import { duration, size } from '../lib/quantity.ts';
import { oneLine } from '../lib/text.ts';

const stateSchema = z
  .strictObject({
    type: z.enum(['sqlite']).default('sqlite').describe('Kind of state store.'),
    path: z.string().default('nightcrier.db').describe('The state file, relative to data_dir.'),
  })
  .describe('Faults, incidents, runs and messages.');

const artifactsSchema = z
  .strictObject({
    type: z.enum(['filesystem', 'azure-blob']).default('filesystem').describe('Kind of artifact store.'),
    path: z.string().default('artifacts').describe('filesystem: folder of the reports, relative to data_dir.'),
    connection_string: z
      .string()
      .optional()
      .describe('azure-blob: connection string with account and key; instead of account.')
      .meta({ writeOnly: true }),
    account: z.string().optional().describe('azure-blob: name of the storage account; without a key Entra ID is used.'),
    key: z.string().optional().describe('azure-blob: key of the account.').meta({ writeOnly: true }),
    endpoint: z
      .url()
      .optional()
      .describe('azure-blob: address of the Blob service, when it is not that of the public cloud.'),
    container: z.string().optional().describe('azure-blob: container of the reports.'),
    sas_expiry: duration('168h').describe('azure-blob: links to reports are good so long.'),
    create_container: z.boolean().default(true).describe('azure-blob: make the container when it is not there.'),
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
        max_size: size('10Gi').describe(
          'Workspaces and reports below data_dir take no more: what ended longest ago goes first; 0: no limit.',
        ),
      })
      .prefault({})
      .describe('How long things are kept.'),
    upload_failed_investigations: z.boolean().default(false).describe('Store the artifacts of failed runs as well.'),
  })
  .describe('Where state and reports are kept.');

/** A key of `storage.artifacts` (null: the whole) and what is wrong with it, without what it holds where that is a secret. */
interface ArtifactsMistake {
  readonly key: string | null;
  readonly message: string;
}

const azureKeys = ['connection_string', 'account', 'key', 'endpoint', 'container', 'sas_expiry', 'create_container'];
const names = [
  { key: 'container', form: /^[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){2,62}$/, words: '3 to 63 of a-z, 0-9 and single -' },
  { key: 'account', form: /^[a-z0-9]{3,24}$/, words: '3 to 24 of a-z and 0-9' },
];

/** What no schema says of `storage.artifacts` as it is written: keys of the other type, and ways to an account. */
export function artifactsMistakes(written: object): ArtifactsMistake[] {
  const given = new Map(Object.entries(written).filter(([, value]) => value !== null && value !== ''));
  const type: unknown = given.get('type') ?? 'filesystem';
  if (type === 'filesystem') {
    const foreign = azureKeys.filter((key) => given.has(key));
    return foreign.map((key) => ({ key, message: `${key} is for azure-blob, and the type is filesystem` }));
  }
  if (type !== 'azure-blob') return [];
  const found: ArtifactsMistake[] = [];
  if (given.has('path')) found.push({ key: 'path', message: 'path is for filesystem, and the type is azure-blob' });
  if (!given.has('container')) found.push({ key: null, message: 'container is missing' });
  for (const { key, form, words } of names) {
    const name: unknown = given.get(key);
    if (typeof name !== 'string' || form.test(name)) continue;
    found.push({ key, message: `${key} is ${JSON.stringify(oneLine(name, 80))}, and such a name has ${words}` });
  }
  return [...found, ...accessMistakes(given)];
}

function accessMistakes(given: ReadonlyMap<string, unknown>): ArtifactsMistake[] {
  const text = (key: string): string => {
    const value = given.get(key);
    return typeof value === 'string' ? value : '';
  };
  if (given.has('connection_string')) {
    const both = ['account', 'key', 'endpoint'].filter((key) => given.has(key));
    if (both.length > 0)
      return both.map((key) => ({ key, message: `connection_string and ${key} exclude each other` }));
    if (isConnectionString(text('connection_string').trim())) return [];
    return [{ key: 'connection_string', message: `connection_string has to have ${connectionParts}` }];
  }
  if (!given.has('account')) return [{ key: null, message: 'neither connection_string nor account is set' }];
  if (given.has('key')) {
    const isKey = /^[A-Za-z0-9+/]+={0,2}$/.test(text('key'));
    return isKey ? [] : [{ key: 'key', message: 'key is no key of an account (base64)' }];
  }
  const longest = parseDuration('168h') ?? 0;
  if ((parseDuration(text('sas_expiry')) ?? 0) <= longest) return [];
  const message = `sas_expiry is ${text('sas_expiry')}: with Entra ID links are good for 168h at most`;
  return [{ key: 'sas_expiry', message }];
}

const connectionParts = 'AccountName, AccountKey, and BlobEndpoint or DefaultEndpointsProtocol with EndpointSuffix';

function isConnectionString(written: string): boolean {
  const parts = new Set(written.split(';').map((part) => part.slice(0, Math.max(0, part.indexOf('='))).trim()));
  const hasAddress =
    parts.has('BlobEndpoint') || (parts.has('DefaultEndpointsProtocol') && parts.has('EndpointSuffix'));
  const hasKey = parts.has('AccountName') && parts.has('AccountKey');
  return (hasKey && hasAddress) || written.startsWith('UseDevelopmentStorage=true');
}
