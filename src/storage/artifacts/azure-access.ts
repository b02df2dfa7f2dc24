import type { TokenCredential } from '@azure/identity';
import {
  BlobSASPermissions,
  BlobServiceClient,
  type BlobSASSignatureValues,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
  type StoragePipelineOptions,
  type UserDelegationKey,
} from '@azure/storage-blob';
import type { Clock } from '../../lib/clock.ts';

/** How the storage account is reached. Without an endpoint it is the account's in the public cloud. */
export type AzureAccess =
  | { readonly kind: 'connection_string'; readonly connectionString: string }
  | { readonly kind: 'key'; readonly account: string; readonly key: string; readonly endpoint: string | null }
  | {
      readonly kind: 'entra_id';
      readonly account: string;
      readonly credential: TokenCredential;
      readonly endpoint: string | null;
    };

export interface AzureService {
  readonly client: BlobServiceClient;
  /** The query that lets whoever has it read this one blob (a shared access signature). */
  sign(container: string, blob: string): Promise<string>;
}

export interface AzureServiceOptions {
  readonly access: AzureAccess;
  /** How long a signature is good, ms. */
  readonly expiryMs: number;
  readonly clock: Clock;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Signatures begin a little in the past: the clock of the service may be behind ours. */
const skewMs = 5 * minuteMs;
/** The service gives delegation keys for seven days at most; a quarter of an hour less bears a clock that is ahead. */
const longestKeyMs = 7 * 24 * hourMs - 15 * minuteMs;

/** Few and short retries: whoever stores tries again, from disk and for as long as it takes. */
const pipeline: StoragePipelineOptions = {
  retryOptions: { maxTries: 2, tryTimeoutInMs: 30_000, retryDelayInMs: 300, maxRetryDelayInMs: 2000 },
};

/** The client of a storage account and what signs links to its blobs. Proxies of the environment are honoured. */
export function azureService({ access, expiryMs, clock }: AzureServiceOptions): AzureService {
  const client = serviceClient(access);
  const { credential } = client;
  if (credential instanceof StorageSharedKeyCredential) {
    const sign = (container: string, blob: string): Promise<string> => {
      const values = signatureValues(client, container, blob, clock.now(), clock.now() + expiryMs);
      return Promise.resolve(generateBlobSASQueryParameters(values, credential).toString());
    };
    return { client, sign };
  }
  const keys = new DelegationKeys(client, expiryMs, clock);
  return {
    client,
    async sign(container, blob) {
      const { key, endsAt } = await keys.current();
      const values = signatureValues(client, container, blob, clock.now(), Math.min(clock.now() + expiryMs, endsAt));
      return generateBlobSASQueryParameters(values, key, client.accountName).toString();
    },
  };
}

function serviceClient(access: AzureAccess): BlobServiceClient {
  if (access.kind === 'connection_string') {
    return BlobServiceClient.fromConnectionString(access.connectionString, { ...pipeline });
  }
  const endpoint = access.endpoint ?? `https://${access.account}.blob.core.windows.net`;
  const credential =
    access.kind === 'key' ? new StorageSharedKeyCredential(access.account, access.key) : access.credential;
  return new BlobServiceClient(endpoint, credential, { ...pipeline });
}

function signatureValues(
  client: BlobServiceClient,
  containerName: string,
  blobName: string,
  now: number,
  endsAt: number,
): BlobSASSignatureValues {
  return {
    containerName,
    blobName,
    permissions: BlobSASPermissions.parse('r'),
    protocol: client.url.startsWith('https:') ? SASProtocol.Https : SASProtocol.HttpsAndHttp,
    startsOn: new Date(now - skewMs),
    expiresOn: new Date(endsAt),
  };
}

interface HeldKey {
  readonly key: UserDelegationKey;
  readonly askedAt: number;
  /** ms since the epoch. */
  readonly endsAt: number;
}

/** The key with which links are signed under Entra ID: asked for once an hour, so that every link has its time. */
class DelegationKeys {
  readonly #client: BlobServiceClient;
  readonly #lifeMs: number;
  readonly #clock: Clock;
  #held: HeldKey | null = null;
  #asking: Promise<HeldKey> | null = null;

  constructor(client: BlobServiceClient, expiryMs: number, clock: Clock) {
    this.#client = client;
    this.#lifeMs = Math.min(expiryMs + hourMs, longestKeyMs);
    this.#clock = clock;
  }

  async current(): Promise<HeldKey> {
    const now = this.#clock.now();
    const held = this.#held;
    if (held !== null && now >= held.askedAt && now < held.askedAt + hourMs) return held;
    this.#asking ??= this.#ask(now).finally(() => (this.#asking = null));
    return this.#asking;
  }

  async #ask(askedAt: number): Promise<HeldKey> {
    const endsAt = askedAt + this.#lifeMs;
    const key = await this.#client.getUserDelegationKey(new Date(askedAt - skewMs), new Date(endsAt));
    this.#held = { key, askedAt, endsAt };
    return this.#held;
  }
}
