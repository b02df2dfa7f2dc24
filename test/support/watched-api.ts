import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { KubeObject } from '../../src/kube/cluster-reader.ts';
import { kindFacts, kinds } from '../../src/kube/kinds.ts';
import { tempDir } from './temp-dir.ts';

export interface ApiCall {
  /** Of the collection; `namespaces/kube-system` for the question who the cluster is. */
  readonly what: string;
  readonly watch: boolean;
  readonly query: URLSearchParams;
  /** How often the same was asked before. */
  readonly before: number;
}

interface Change {
  readonly version: number;
  readonly plural: string;
  readonly line: string;
}

/**
 * A small Kubernetes API that lists, pages and watches as the real one does, and does anything else in its place when the
 * test says so: `ruin` takes over the answer when it gives true.
 */
export class WatchedApi {
  readonly calls: ApiCall[] = [];
  ruin: (call: ApiCall, response: ServerResponse) => boolean = () => false;
  /** Of its namespace kube-system. */
  uid = 'cluster-1';
  kubeconfig = '';
  readonly #server = createServer((request, response) => this.#answer(request.url ?? '/', response));
  readonly #sockets = new Set<Socket>();
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #watches = new Set<{ readonly plural: string; readonly response: ServerResponse }>();
  #changes: Change[] = [];
  #version = 100;
  /** Changes up to this version are forgotten. */
  #compacted = 0;

  static async start(): Promise<WatchedApi> {
    const api = new WatchedApi();
    api.#server.on('connection', (socket: Socket) => {
      api.#sockets.add(socket.on('error', () => {}));
      socket.on('close', () => api.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve));
    const server = `http://127.0.0.1:${(api.#server.address() as AddressInfo).port}`;
    const text = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server } }],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'c',
    });
    api.kubeconfig = `${tempDir({ 'kubeconfig.yaml': text })}/kubeconfig.yaml`;
    return api;
  }

  count(what: string, watch: boolean): number {
    return this.calls.filter((call) => call.what === what && call.watch === watch).length;
  }

  set(object: KubeObject): void {
    const known = this.#of(object.kind).has(keyOf(object));
    this.#version += 1;
    const versioned = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    this.#of(object.kind).set(keyOf(object), versioned);
    this.#tell(known ? 'MODIFIED' : 'ADDED', versioned);
  }

  remove(object: KubeObject): void {
    this.#version += 1;
    this.#of(object.kind).delete(keyOf(object));
    this.#tell('DELETED', { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } });
  }

  /** Sends a bookmark to every watch. */
  bookmark(): void {
    for (const { response } of this.#watches) {
      const object = { metadata: { resourceVersion: String(this.#version) } };
      response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
    }
  }

  /** Forgets what happened. */
  compact(): void {
    this.#compacted = this.#version;
    this.#changes = [];
  }

  /** Ends every connection, as a restart does. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  #answer(url: string, response: ServerResponse): void {
    const { pathname, searchParams: query } = new URL(url, 'http://c');
    const what = pathname.replace(/^\/apis?\/(?:[^/]+\/)?v[^/]*\//, '');
    const watch = query.get('watch') === 'true';
    const call = { what, watch, query, before: this.count(what, watch) };
    this.calls.push(call);
    if (this.ruin(call, response)) return;
    if (what === 'namespaces/kube-system') {
      json(response, 200, { kind: 'Namespace', metadata: { name: 'kube-system', uid: this.uid } });
    } else if (watch) this.#watch(what, Number(query.get('resourceVersion')), response);
    else this.#list(what, query, response);
  }

  #list(plural: string, query: URLSearchParams, response: ServerResponse): void {
    const facts = kinds.find((one) => one.plural === plural);
    const all = [...(this.#objects.get(facts?.kind ?? '')?.values() ?? [])];
    const start = Number(query.get('continue') ?? 0);
    const limit = Number(query.get('limit') ?? all.length);
    const more = start + limit < all.length ? { continue: String(start + limit) } : {};
    const items = all.slice(start, start + limit).map((one) => ({ ...one, apiVersion: undefined, kind: undefined }));
    json(response, 200, {
      kind: `${facts?.kind}List`,
      metadata: { resourceVersion: String(this.#version), ...more },
      items,
    });
  }

  #watch(plural: string, from: number, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (from < this.#compacted) {
      const object = { kind: 'Status', code: 410, reason: 'Expired', message: `too old resource version: ${from}` };
      response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
      return;
    }
    for (const change of this.#changes) {
      if (change.plural === plural && change.version > from) response.write(change.line);
    }
    const watch = { plural, response };
    this.#watches.add(watch);
    response.on('close', () => this.#watches.delete(watch));
  }

  #tell(type: string, object: KubeObject): void {
    const plural = kindFacts(object.kind)?.plural ?? '';
    const change = { version: this.#version, plural, line: `${JSON.stringify({ type, object })}\n` };
    this.#changes.push(change);
    for (const watch of this.#watches) if (watch.plural === plural) watch.response.write(change.line);
  }

  #of(kind: string): Map<string, KubeObject> {
    const known = this.#objects.get(kind) ?? new Map<string, KubeObject>();
    this.#objects.set(kind, known);
    return known;
  }
}

/** Answers with JSON. */
export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
