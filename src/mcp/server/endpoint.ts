import type { IncomingMessage, ServerResponse } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  type AuthInfo,
  createMcpHandler,
  InMemoryServerEventBus,
  type McpHttpHandler,
  type Server,
  type ServerNotifier,
} from '@modelcontextprotocol/server';
import { aborted } from '../../lib/abort.ts';
import type { Logger } from '../../lib/log.ts';
import { errorText } from '../../lib/problem.ts';
import { type Authenticator, localPrincipal, principalOf } from '../auth/authenticate.ts';
import { gate, type GateSettings, metadataPath, resourceMetadata } from '../auth/gate.ts';
import { type Audience, type Toolset, type ToolsetParts } from '../tool.ts';
import { type Catalogue, catalogueOf } from './catalogue.ts';
import { createMcpServer } from './mcp-server.ts';
import type { Caller, Runner } from './run-tool.ts';

export interface EndpointOptions {
  readonly version: string;
  readonly parts: readonly ToolsetParts[];
  /** Those of the parts that are served now. */
  readonly toolsets: () => readonly Toolset[];
  readonly settings: () => GateSettings;
  readonly who: Authenticator;
  readonly runner: Runner;
  readonly log: Logger;
}

/** The largest request, bytes. */
const maxRequest = 1024 * 1024;
/** Between signs of life on an answer that takes long, ms. */
const keepAliveMs = 15_000;

/** The method of a stream of changes, and how many of one caller stand at the same time. */
const listening = 'subscriptions/listen';
const maxListening = 8;

type NodeHandler = ReturnType<typeof toNodeHandler>;

/** The MCP server: over HTTP at `/mcp` and `/mcp/TOOLSET`, with the document that says who makes its tokens; over stdio. */
export class McpEndpoint {
  readonly #options: EndpointOptions;
  readonly #bus = new InMemoryServerEventBus();
  readonly #catalogues = new Map<string, Catalogue>();
  /** For which the catalogues were made. */
  #served: readonly Toolset[] = [];
  readonly #listening = new Map<string, Set<ServerResponse>>();
  /** By the path that is served. */
  readonly #handlers = new Map<string, { readonly handler: McpHttpHandler; readonly node: NodeHandler }>();
  readonly #all: McpHttpHandler;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#all = this.#serveAt('/mcp', null);
    for (const { toolset } of options.parts) this.#serveAt(`/mcp/${toolset}`, toolset);
  }

  /** Tells clients that listen that a list, or a text, has changed. */
  get changed(): ServerNotifier {
    return this.#all.notify;
  }

  /** Answers a request of somebody who still has to show who he is. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const settings = this.#options.settings();
    if (pathOf(request).startsWith(metadataPath)) {
      const document = resourceMetadata(settings.server);
      return await send(response, document === null ? notFound('tokens are made by nobody') : Response.json(document));
    }
    const passed = await gate(request, settings, this.#options.who);
    if ('refusal' in passed) return await send(response, passed.refusal);
    const principal = principalOf(passed.info) ?? localPrincipal;
    const ip = request.socket.remoteAddress ?? null;
    const scopes = passed.info?.scopes ?? null;
    await this.serveKnown(request, response, { principal, scopes, via: 'mcp', ip, onlyCluster: null });
  }

  /** Answers a request of a caller who is known by the way on which he came. */
  async serveKnown(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<void> {
    const path = pathOf(request);
    const found = this.#handlers.get(path);
    const served = ['/mcp', ...this.#options.toolsets().map((toolset) => `/mcp/${toolset}`)];
    if (!found || !served.includes(path)) return await send(response, notFound(`served are ${served.join(', ')}`));
    const letGo = this.#admit(request, response, caller);
    if (letGo === null) return await send(response, tooManyStreams());
    await found.node(Object.assign(request, { auth: carrying(caller) }), response).finally(letGo);
  }

  /** Serves one client over standard input and output until it hangs up, or the signal: who started us is an operator. */
  async serveStdio(signal: AbortSignal): Promise<void> {
    const { serveStdio, StdioServerTransport } = await import('@modelcontextprotocol/server/stdio');
    const caller = { principal: localPrincipal, via: 'stdio', scopes: null, ip: null, onlyCluster: null } as const;
    const hungUp = new Promise<void>((resolve) => process.stdin.once('end', resolve).once('close', resolve));
    const handle = serveStdio(() => this.#serverFor(caller, null, false), { transport: new StdioServerTransport() });
    await Promise.race([hungUp, aborted(signal)]);
    await handle.close();
  }

  /** Resolves when no call runs. */
  idle(): Promise<void> {
    return this.#options.runner.idle();
  }

  /** Ends the calls that run, and the streams of who listens; resolves when each call is on record. */
  async close(): Promise<void> {
    await this.#options.runner.stop();
    await Promise.all([...this.#handlers.values()].map(({ handler }) => handler.close()));
  }

  /** A stream of changes lasts as long as its client likes: each caller has so many. Null: no more. */
  #admit(request: IncomingMessage, response: ServerResponse, { principal }: Caller): (() => void) | null {
    if (request.headers['mcp-method'] !== listening) return () => {};
    const open = this.#listening.get(principal.name) ?? new Set();
    if (open.size >= maxListening) return null;
    open.add(response);
    this.#listening.set(principal.name, open);
    return () => {
      open.delete(response);
      if (open.size === 0) this.#listening.delete(principal.name);
    };
  }

  #serveAt(path: string, only: Toolset | null): McpHttpHandler {
    const onerror = (error: Error): void =>
      this.#options.log.debug({ err: errorText(error) }, 'a request of an MCP client failed');
    const handler = createMcpHandler(
      ({ authInfo, era }) => this.#serverFor(carried(authInfo), only, era === 'modern'),
      {
        bus: this.#bus,
        keepAliveMs,
        maxRequestBodySize: maxRequest,
        onerror,
      },
    );
    this.#handlers.set(path, { handler, node: toNodeHandler(handler, { maxRequestBodySize: maxRequest, onerror }) });
    return handler;
  }

  #serverFor(caller: Caller, only: Toolset | null, canNotify: boolean): Server {
    const { version, runner } = this.#options;
    const catalogue = this.#catalogue(only, caller.principal.audience);
    return createMcpServer({ version, runner, caller, catalogue, canNotify });
  }

  #catalogue(only: Toolset | null, audience: Audience): Catalogue {
    const served = this.#options.toolsets();
    if (served.join() !== this.#served.join()) this.#catalogues.clear();
    this.#served = served;
    const key = `${only} ${audience}`;
    const parts = this.#options.parts.filter(({ toolset }) => served.includes(toolset));
    const known = this.#catalogues.get(key) ?? catalogueOf(parts, only, audience);
    this.#catalogues.set(key, known);
    return known;
  }
}

/** The path of a request without its query and without a slash at its end. */
function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').replace(/\?.*$/s, '').replace(/(?<=.)\/$/, '');
}

/** The caller goes with the request through the SDK, which hands on what authentication found. */
function carrying(caller: Caller): AuthInfo {
  return { token: '', clientId: caller.principal.name, scopes: [...(caller.scopes ?? [])], extra: { caller } };
}

function carried(info: AuthInfo | undefined): Caller {
  const caller = info?.extra?.['caller'] as Caller | undefined;
  if (caller === undefined) throw new Error('a request came without its caller');
  return caller;
}

function tooManyStreams(): Response {
  const message = `${maxListening} streams of changes of yours are open`;
  return Response.json({ jsonrpc: '2.0', error: { code: -32_000, message }, id: null }, { status: 429 });
}

function notFound(message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code: -32_000, message }, id: null }, { status: 404 });
}

async function send(response: ServerResponse, answer: Response): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer());
  // What was not read of the request is not waited for.
  response.writeHead(answer.status, {
    ...Object.fromEntries(answer.headers),
    'content-length': body.length,
    connection: 'close',
  });
  response.end(body);
}
