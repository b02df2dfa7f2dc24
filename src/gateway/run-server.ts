import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import pLimit from 'p-limit';
import type { GatewayRun, RunUsage } from '../domain/agent-gateway.ts';
import type { EvidenceFile } from '../domain/ports.ts';
import type { ApiAccess } from '../kube/credential/api-access.ts';
import type { Clock } from '../lib/clock.ts';
import { type AgentTools, type Handled, refuse } from './answer.ts';
import type { AuditEntry, AuditLog } from './audit.ts';
import type { GatewayConfig } from './config.ts';
import { createHttpServer, finished, maxConnections } from './http.ts';
import { HandedOver, maxOutput, outputFiles, readBody } from './handed-over.ts';
import { KeptAnswers } from './kubernetes/kept-answers.ts';
import { decideKube, describe, type KubeDecision, resourceText } from './kubernetes/decide.ts';
import { AnswerMemory, counting } from './kubernetes/exchange.ts';
import { forwardRead } from './kubernetes/proxy.ts';
import { answerReview } from './kubernetes/reviews.ts';
import { sendStatus } from './kubernetes/status.ts';
import type { ModelRoute, ModelRun } from './models/model-route.ts';

export interface RunServerOptions {
  readonly run: GatewayRun;
  /** Null when the cluster has no credential: then every read of it is an error. */
  readonly access: ApiAccess | null;
  readonly settings: GatewayConfig['kubernetes'];
  readonly memory: AnswerMemory;
  readonly models: ModelRoute;
  /** Null when there are none. */
  readonly tools: AgentTools | null;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly onRequest: (decision: 'allow' | 'refuse') => void;
}

/** Requests of a run that wait for their turn; more are told to come again. */
const maxWaiting = 2000;
/** Answers of the largest size that a run has at the same time. */
const largeAnswers = 3;
const maxBody = 16 * 1024;

/** The HTTP server of one run: whoever can open its socket is the run's agent. */
export class RunServer {
  readonly kept: KeptAnswers;
  readonly #options: RunServerOptions;
  readonly #server: Server;
  readonly #turns: ReturnType<typeof pLimit>;
  readonly #over = new AbortController();
  readonly #serving = new Set<Promise<void>>();
  readonly #models: ModelRun;
  readonly #handedOver: HandedOver;
  readonly #memory: AnswerMemory;
  readonly #spent = { input: 0, cached: 0, output: 0, usd: 0, priced: true, answers: 0 };
  #asked = 0;
  #requests = { kubernetes: 0, model: 0, refused: 0 };

  constructor(options: RunServerOptions) {
    this.#options = options;
    this.kept = new KeptAnswers(options.run.workspace);
    this.#models = this.#modelRun(options.run);
    this.#memory = new AnswerMemory(largeAnswers * options.settings.max_response, options.memory);
    this.#handedOver = new HandedOver(options.run.workspace);
    this.#turns = pLimit(options.settings.max_concurrent);
    this.#server = createHttpServer({
      onRequest: (request, response) => {
        const serving = this.#serve(request, response).finally(() => this.#serving.delete(serving));
        this.#serving.add(serving);
      },
      onUnheard: (request) => this.#refuseUnheard(request),
    });
  }

  async listen(socket: string): Promise<void> {
    this.#server.listen({ path: socket, backlog: maxConnections });
    await once(this.#server, 'listening');
  }

  usage(): RunUsage {
    const { input, cached, output, usd, priced, answers } = this.#spent;
    const known = answers > 0;
    return {
      turns: known ? answers : null,
      tokens: known ? { input, cached, output } : null,
      usd: known && priced ? usd : null,
      requests: { ...this.#requests },
    };
  }

  served(): readonly EvidenceFile[] {
    return this.kept.files;
  }

  /** Ends every request. Never rejects. */
  async close(): Promise<void> {
    this.#over.abort();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    // Each is put on record, and what a model was paid for is counted, before the run is over.
    await Promise.allSettled(this.#serving);
    await this.kept.flush();
  }

  #refuseUnheard(request: IncomingMessage | null): boolean {
    this.#asked += 1;
    if (this.#options.audit.full) return false;
    const ended = { status: request === null ? 400 : 417, bytes: 0, startedAt: null };
    this.#record(request, { asked: null, decision: 'refuse', rule: 'http' }, ended);
    return true;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    if (this.#options.audit.full) {
      socket.destroy();
      return;
    }
    const startedAt = this.#options.clock.monotonic();
    const bytesBefore = socket.bytesWritten;
    request.on('error', () => {});
    response.on('error', () => {});
    let handled: Handled;
    try {
      handled = await this.#handle(request, response);
    } catch {
      handled = { asked: null, decision: 'refuse', rule: 'internal' };
      if (response.headersSent) response.destroy();
      else sendStatus(response, 502, 'the gateway failed');
    }
    await finished(response);
    const bytes = socket.bytesWritten - bytesBefore;
    const status = response.headersSent ? response.statusCode : 0;
    this.#record(request, handled, { status, bytes, startedAt });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<Handled> {
    const { settings } = this.#options;
    const total = this.#asked;
    this.#asked += 1;
    const hosts = request.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
    if (hosts.length !== 1) return await refuse(response, null, 'http', 400, 'a request has one Host header');
    if (settings.max_requests > 0 && total >= settings.max_requests) {
      return await refuse(
        response,
        null,
        'max_requests',
        429,
        `the run has made ${total} requests, which is its limit`,
      );
    }
    if (this.#turns.pendingCount >= maxWaiting) {
      return await refuse(response, null, 'max_concurrent', 429, 'too many requests wait: ask again');
    }
    const address = request.url ?? '';
    const isKubernetes = address === '/k8s' || address.startsWith('/k8s/');
    if ((isKubernetes || address === '/mcp') && this.#options.run.purpose === 'question') {
      return await refuse(
        response,
        null,
        'question',
        403,
        'a question is answered from the files of its workspace alone',
      );
    }
    if (isKubernetes) {
      return await this.#turns(() => this.#kubernetes(request, response, address.slice('/k8s'.length)));
    }
    if (address.startsWith('/llm/')) return await this.#model(request, response);
    if (address === '/mcp') return await this.#tools(request, response);
    if (address.startsWith('/output/')) return await this.#output(request, response, address);
    return await refuse(response, null, 'path', 404, 'there is nothing at this path');
  }

  async #kubernetes(request: IncomingMessage, response: ServerResponse, address: string): Promise<Handled> {
    const { settings, access, run } = this.#options;
    const method = request.method ?? '';
    const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const hasBody = headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0;
    const decision = decideKube({ method, address, headers, hasBody }, settings.secrets);
    const { asked, rule } = decision;
    if (decision.kind === 'refuse') {
      const said = `${describe(asked)}: ${decision.reason} (rule ${rule} of the gateway)`;
      return await refuse(response, asked, rule, decision.status, said);
    }
    if (decision.kind === 'review') return await this.#review(request, response, decision);
    if (access === null) return await refuse(response, asked, 'no_credential', 503, 'the cluster has no credential');
    const gone = new AbortController();
    const redact = counting(run.redact);
    response.once('close', () => gone.abort());
    // It went away while it waited for its turn.
    if (response.destroyed) gone.abort();
    const upstream = {
      access,
      secrets: settings.secrets,
      maxResponse: settings.max_response,
      watchTimeoutMs: settings.watch_timeout,
      redact,
      kept: this.kept,
      memory: this.#memory,
    };
    const exchange = {
      method: method === 'HEAD' ? ('HEAD' as const) : ('GET' as const),
      decision,
      accept: headers.get('accept') ?? '',
      response,
      upstream,
    };
    await forwardRead(exchange, AbortSignal.any([this.#over.signal, gone.signal]));
    return { asked, decision: 'allow', rule, redacted: redact.count };
  }

  async #review(
    request: IncomingMessage,
    response: ServerResponse,
    { asked, rule, review }: Extract<KubeDecision, { kind: 'review' }>,
  ): Promise<Handled> {
    const body = await readBody(request, maxBody);
    const answer = body === null ? null : answerReview(review, body, this.#options.settings.secrets);
    if (answer === null) return await refuse(response, asked, 'body', 400, `the body is no ${review}`);
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(answer)}\n`);
    return { asked, decision: 'allow', rule };
  }

  #modelRun({ budget, redact, onSpend }: GatewayRun): ModelRun {
    const spent = this.#spent;
    return {
      budget,
      redact,
      signal: this.#over.signal,
      spentUsd: () => spent.usd,
      spentTokens: () => spent.input + spent.output,
      onSpend: (spend) => {
        spent.input += spend.tokens.input;
        spent.cached += spend.tokens.cached;
        spent.output += spend.tokens.output;
        spent.usd += spend.usd ?? 0;
        spent.priced &&= spend.usd !== null;
        spent.answers += 1;
        onSpend(spend);
      },
    };
  }

  async #model(request: IncomingMessage, response: ServerResponse): Promise<Handled> {
    const { refused } = await this.#options.models.handle(request, response, this.#models);
    this.#requests.model += refused === null ? 1 : 0;
    return { asked: null, decision: refused === null ? 'allow' : 'refuse', rule: refused ?? 'model' };
  }

  async #tools(request: IncomingMessage, response: ServerResponse): Promise<Handled> {
    const { tools, run } = this.#options;
    if (tools === null) return await refuse(response, null, 'path', 404, 'there are no tools here');
    await tools(request, response, run, (tool, text) => this.kept.addTool(tool, text));
    return { asked: null, decision: 'allow', rule: 'mcp' };
  }

  /** What the agent has made: files by name, of bounded size. Nothing else of a container gets to the disk. */
  async #output(request: IncomingMessage, response: ServerResponse, address: string): Promise<Handled> {
    const taking = outputFiles[this.#options.run.purpose];
    if (request.method !== 'PUT' || !taking.includes(address)) {
      const names = taking.map((name) => name.slice(1)).join(' and ');
      return await refuse(response, null, 'output', 403, `only ${names} ${taking.length === 1 ? 'is' : 'are'} taken`);
    }
    const taken = await this.#handedOver.take(request, address);
    if (!taken) return await refuse(response, null, 'output_size', 413, `more than ${maxOutput} bytes`);
    response.writeHead(204);
    response.end();
    return { asked: null, decision: 'allow', rule: 'output' };
  }

  #record(
    request: IncomingMessage | null,
    { asked, decision, rule, redacted = 0 }: Handled,
    ended: { status: number; bytes: number; startedAt: number | null },
  ): void {
    const { audit, clock, onRequest, run } = this.#options;
    if (decision === 'refuse') this.#requests.refused += 1;
    else if (asked !== null) this.#requests.kubernetes += 1;
    onRequest(decision);
    const { status, bytes, startedAt } = ended;
    const entry: AuditEntry = {
      at: new Date(clock.now()).toISOString(),
      method: (request?.method ?? '').slice(0, 20),
      path: run.redact.text((request?.url ?? '').slice(0, 2000)),
      verb: asked?.verb ?? null,
      resource: asked === null ? null : resourceText(asked),
      namespace: asked?.namespace ?? null,
      name: asked?.name ?? null,
      decision,
      rule,
      status,
      bytes,
      redacted,
      ms: startedAt === null ? 0 : Math.round(clock.monotonic() - startedAt),
    };
    audit.add(entry);
  }
}
