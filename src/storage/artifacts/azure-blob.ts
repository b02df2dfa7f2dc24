import { createHash, randomBytes } from 'node:crypto';
import { type ContainerClient, RestError } from '@azure/storage-blob';
import pLimit from 'p-limit';
import type { ArtifactFile, ArtifactStore, StoredArtifacts, StoredFile } from '../../domain/ports.ts';
import { encodedPath } from '../../lib/http/encoded-path.ts';
import { errorText, ProblemError } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import { storeProblems } from '../errors.ts';
import { type AzureService, azureService, type AzureServiceOptions } from './azure-access.ts';
import { indexOf, relativeHref } from './index-page.ts';
import { byPath, safeName, safePath } from './safe-path.ts';
import { Turns } from '../../lib/work/turns.ts';

export interface AzureArtifactsOptions extends AzureServiceOptions {
  readonly container: string;
  /** Whether a container that is not there is made. */
  readonly createContainer: boolean;
}

const indexName = 'index.html';
const htmlType = 'text/html; charset=utf-8';
/** Requests to the service at the same time, for one report. */
const parallel = 8;
const versionKey = 'version';

/**
 * Artifacts as blobs. Each put writes its files below a prefix of its own, `<cluster>/<incident>/<version>/`, and then
 * `<cluster>/<incident>/index.html`, whose metadata names the version: that one write makes the report the one that
 * counts, so a crash leaves a whole one. What earlier versions left goes after that, or with the next put.
 *
 * Addresses that `put` gives are without a signature, so that none lies in the state store or in a log; `link` signs.
 * `put`, `get` and `check` reject with ProblemError NC-STORE-010 when the service cannot be used.
 */
export function createAzureArtifacts(options: AzureArtifactsOptions): ArtifactStore {
  return new AzureArtifacts(azureService(options), options);
}

class AzureArtifacts implements ArtifactStore {
  readonly #service: AzureService;
  readonly #container: ContainerClient;
  readonly #createContainer: boolean;
  readonly #turns = new Turns();
  #ready = false;

  constructor(service: AzureService, { container, createContainer }: AzureArtifactsOptions) {
    this.#service = service;
    this.#container = service.client.getContainerClient(container);
    this.#createContainer = createContainer;
  }

  async put(
    cluster: string,
    incidentId: string,
    files: readonly ArtifactFile[],
    signal: AbortSignal,
  ): Promise<StoredArtifacts> {
    const folder = folderOf(cluster, incidentId);
    return this.#turns.take(folder, async () => {
      const version = `${folder}/v-${randomBytes(8).toString('hex')}`;
      const write = () => this.#write({ cluster, incidentId, folder, version }, files, signal);
      try {
        signal.throwIfAborted();
        await write().catch((error: unknown) => {
          if (!this.#createContainer || !isCode(error, 'ContainerNotFound')) throw error;
          // Somebody removed it while we were running.
          this.#ready = false;
          return write();
        });
      } catch (error) {
        if (signal.aborted) throw error;
        throw azureProblem(`artifacts of ${incidentId} not stored`, error);
      }
      // The report counts already: what is left of earlier ones must not undo it, and goes with the next put.
      await this.#removeExcept(folder, version, signal).catch(() => {});
      const hasReport = files.some(({ path }) => path === 'investigation.html');
      const index = this.#url(`${folder}/${indexName}`);
      return { index, report: hasReport ? this.#url(`${version}/investigation.html`) : index };
    });
  }

  async get(cluster: string, incidentId: string, path: string): Promise<Buffer | null> {
    const folder = folderOf(cluster, incidentId);
    try {
      // A second look when the version went between the two questions.
      return (await this.#read(folder, path)) ?? (await this.#read(folder, path));
    } catch (error) {
      throw azureProblem(`artifacts of ${incidentId} cannot be read`, error);
    }
  }

  async list(cluster: string, incidentId: string): Promise<readonly StoredFile[]> {
    const folder = folderOf(cluster, incidentId);
    try {
      const version = await this.#version(folder);
      if (version === null) return [];
      const prefix = `${folder}/${version}/`;
      const files: StoredFile[] = [];
      for await (const { name, properties } of this.#container.listBlobsFlat({ prefix })) {
        files.push({ path: name.slice(prefix.length), bytes: properties.contentLength ?? 0 });
      }
      return files.filter(({ path }) => path !== indexName).toSorted(byPath);
    } catch (error) {
      throw azureProblem(`artifacts of ${incidentId} cannot be listed`, error);
    }
  }

  async remove(cluster: string, incidentId: string): Promise<void> {
    const folder = folderOf(cluster, incidentId);
    await this.#turns.take(folder, async () => {
      try {
        await this.#container.deleteBlob(`${folder}/${indexName}`).catch(ignoreAbsent);
        await this.#removeExcept(folder, null).catch(ignoreAbsent);
      } catch (error) {
        throw azureProblem(`artifacts of ${incidentId} not removed`, error);
      }
    });
  }

  async check(signal: AbortSignal): Promise<void> {
    try {
      if (this.#createContainer) await this.#makeReady(signal);
      else await this.#container.getProperties({ abortSignal: signal });
    } catch (error) {
      if (signal.aborted) throw error;
      throw azureProblem(`container ${this.#container.containerName} cannot be used`, error);
    }
  }

  async link(report: string): Promise<string> {
    const base = `${this.#container.url}/`;
    if (!report.startsWith(base)) return report;
    const name = report.slice(base.length).split('/').map(decodeURIComponent).join('/');
    return this.#signed(name);
  }

  /** Writes a version, its own index with relative links last, then the index of the incident, which makes it count. */
  async #write(to: WriteTarget, files: readonly ArtifactFile[], signal: AbortSignal): Promise<void> {
    const { cluster, incidentId, folder, version } = to;
    if (this.#createContainer && !this.#ready) await this.#makeReady(signal);
    const kept = files.filter(({ path }) => path !== indexName);
    const nameOf = (path: string): string => `${version}/${safePath(path)}`;
    const limit = pLimit(parallel);
    const uploads = kept.map((file) => limit(() => this.#upload(nameOf(file.path), file, signal)));
    await whole(uploads);
    const relative = indexOf(cluster, incidentId, kept, relativeHref);
    await this.#upload(nameOf(indexName), { content: relative, contentType: htmlType }, signal);
    const signed = new Map<string, string>();
    for (const { path } of kept) signed.set(path, await this.#signed(nameOf(path)));
    const content = indexOf(cluster, incidentId, kept, (path) => signed.get(path) ?? '');
    const metadata = { [versionKey]: version.slice(folder.length + 1) };
    await this.#upload(`${folder}/${indexName}`, { content, contentType: htmlType }, signal, metadata);
  }

  async #upload(
    name: string,
    { content, contentType }: Pick<ArtifactFile, 'content' | 'contentType'>,
    signal: AbortSignal,
    metadata: Record<string, string> = {},
  ): Promise<void> {
    signal.throwIfAborted();
    const body = Buffer.isBuffer(content) ? content : Buffer.from(content);
    const md5 = createHash('md5').update(body).digest();
    await this.#container.getBlockBlobClient(name).upload(body, body.length, {
      abortSignal: signal,
      metadata,
      transactionalContentMD5: md5,
      blobHTTPHeaders: { blobContentType: contentType, blobContentMD5: md5 },
    });
  }

  /** The version that counts; null when nothing is stored. */
  async #version(folder: string): Promise<string | null> {
    try {
      const { metadata } = await this.#container.getBlobClient(`${folder}/${indexName}`).getProperties();
      const version = metadata?.[versionKey];
      return version !== undefined && /^v-[0-9a-f]{16}$/.test(version) ? version : null;
    } catch (error) {
      ignoreAbsent(error);
      return null;
    }
  }

  async #read(folder: string, path: string): Promise<Buffer | null> {
    const version = await this.#version(folder);
    if (version === null) return null;
    try {
      return await this.#container.getBlobClient(`${folder}/${version}/${safePath(path)}`).downloadToBuffer();
    } catch (error) {
      ignoreAbsent(error);
      return null;
    }
  }

  /** Removes every blob of an incident but its index and one version (null: all). */
  async #removeExcept(folder: string, version: string | null, signal?: AbortSignal): Promise<void> {
    const limit = pLimit(parallel);
    const removed: Promise<unknown>[] = [];
    for await (const { name } of this.#container.listBlobsFlat({ prefix: `${folder}/`, abortSignal: signal })) {
      if (version !== null && (name === `${folder}/${indexName}` || name.startsWith(`${version}/`))) continue;
      removed.push(limit(() => this.#container.deleteBlob(name, { abortSignal: signal }).catch(ignoreAbsent)));
    }
    await whole(removed);
  }

  async #makeReady(signal: AbortSignal): Promise<void> {
    await this.#container.createIfNotExists({ abortSignal: signal });
    this.#ready = true;
  }

  async #signed(name: string): Promise<string> {
    return `${this.#url(name)}?${await this.#service.sign(this.#container.containerName, name)}`;
  }

  #url(name: string): string {
    return `${this.#container.url}/${encodedPath(name)}`;
  }
}

interface WriteTarget {
  readonly cluster: string;
  readonly incidentId: string;
  readonly folder: string;
  readonly version: string;
}

function folderOf(cluster: string, incidentId: string): string {
  return `${safeName(cluster)}/${safeName(incidentId)}`;
}

/** Waits for all of them, then fails with the first failure: nothing goes on behind the caller. */
async function whole(work: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof RestError && error.code === code;
}

/** @throws what is no 404 */
function ignoreAbsent(error: unknown): void {
  if (!(error instanceof RestError && error.statusCode === 404)) throw error;
}

function azureProblem(what: string, error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  // The messages of the service have several lines with ids of requests; its code says it.
  const said =
    error instanceof RestError && error.statusCode !== undefined
      ? `${error.code ?? 'error'} (HTTP ${error.statusCode})`
      : oneLine(errorText(error), 300);
  return new ProblemError(storeProblems.azure, `${what}: ${said}`, { cause: error });
}
