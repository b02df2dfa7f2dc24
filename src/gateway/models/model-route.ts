import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ModelSpend, RunBudget } from '../../domain/agent-gateway.ts';
import { linked } from '../../lib/abort.ts';
import type { Logger } from '../../lib/log.ts';
import { type Problem, problem } from '../../lib/problem.ts';
import { ProxiedDispatchers } from '../../lib/proxy/proxied-dispatchers.ts';
import type { ProxyEnvironment } from '../../lib/proxy/proxy-for.ts';
import type { Redactor } from '../../lib/redact/redact.ts';
import type { ModelsConfig } from '../config.ts';
import { gatewayProblems } from '../errors.ts';
import { type AllowedBody, decideModelBody, decideModelRequest, type Refusal, refusalOf } from './decide.ts';
import { costOf, isPriced } from './prices.ts';
import { type AllowedCall, type ChargedTokens, noTokens, type Provider, type ProviderName } from './provider.ts';
import { type Exchanged, exchange } from './exchange.ts';
import { HeldBodies, type HeldBody, hasTooManyValues, maxStructure, readBytes } from './body-bounds.ts';
import { Outgoing } from './outgoing.ts';
import { redactBody } from './redact-body.ts';

/** One run, as its requests to models see it: always the same object for the same run. */
export interface ModelRun {
  readonly budget: RunBudget;
  /** What the run has spent up to now. */
  spentUsd(): number;
  spentTokens(): number;
  readonly redact: Redactor;
  /** Told once for each paid request that went to a provider, when its answer has ended, however it ended. */
  readonly onSpend: (spend: ModelSpend) => void;
  /** Ends all its requests. */
  readonly signal: AbortSignal;
}

/** What became of a request. */
export interface ModelExchange {
  readonly provider: ProviderName | null;
  readonly model: string | null;
  /** What the agent was told; 0 when it went away before. */
  readonly status: number;
  /** Bytes of the answer's body. */
  readonly bytes: number;
  /** The rule by which the gateway refused it, null when it did not. */
  readonly refused: string | null;
}

/** The requests of agents to models: `/llm/PROVIDER/…`. */
export interface ModelRoute {
  /** Answers one request, whatever becomes of it. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse, run: ModelRun): Promise<ModelExchange>;
  close(): Promise<void>;
}

export interface ModelRouteOptions {
  /** As it is configured now. */
  readonly config: () => ModelsConfig;
  /** What names proxies: HTTPS_PROXY, HTTP_PROXY, NO_PROXY. */
  readonly proxy: ProxyEnvironment;
  readonly logger: Logger;
  /** Bytes; for tests. */
  readonly limits?: Partial<ModelLimits>;
}

interface ModelLimits {
  /** Of a request's body. */
  readonly request: number;
  /** Of the bodies of all runs that are held together. */
  readonly held: number;
  /** Of an answer: 128,000 tokens of it, each in an event of its own, are 40 MiB. */
  readonly answer: number;
}

const usualLimits: ModelLimits = { request: 32 * 1024 * 1024, held: 128 * 1024 * 1024, answer: 64 * 1024 * 1024 };

/**
 * Requests of a run that are under way together. Each was allowed before the others had cost anything, so a run may pass
 * its budget by so many answers.
 */
const maxTogether = 4;
/** Models of which was said that they have no price; an agent chooses the names. */
const maxNoted = 100;

/** The way from agents to models: the keys of the configuration, streams, budgets. */
export function createModelRoute(options: ModelRouteOptions): ModelRoute {
  return new Route(options);
}

class Route implements ModelRoute {
  readonly #config: () => ModelsConfig;
  readonly #log: Logger;
  readonly #limits: ModelLimits;
  readonly #ways: ProxiedDispatchers;
  readonly #held: HeldBodies;
  readonly #underWay = new WeakMap<ModelRun, number>();
  /** Codes that were logged of a run: an agent may fail as often as it likes. */
  readonly #logged = new WeakMap<ModelRun, Set<string>>();
  readonly #unpriced = new Set<string>();

  constructor({ config, proxy, logger, limits }: ModelRouteOptions) {
    this.#config = config;
    this.#log = logger;
    this.#limits = { ...usualLimits, ...limits };
    this.#held = new HeldBodies(this.#limits.held, this.#limits.request);
    this.#ways = new ProxiedDispatchers(proxy);
  }

  async handle(request: IncomingMessage, response: ServerResponse, run: ModelRun): Promise<ModelExchange> {
    const out = new Outgoing(response);
    const decision = decideModelRequest(request.method ?? '', request.url ?? '');
    if (decision.kind === 'refuse') return await refuse(out, decision, null);
    const { provider } = decision;
    if (decision.kind === 'local') {
      out.json(200, decision.body);
      return exchanged(out, provider, null, null);
    }
    const together = this.#underWay.get(run) ?? 0;
    this.#underWay.set(run, together + 1);
    const held = this.#held.open(run);
    try {
      return await this.#call(request, out, run, { provider, call: decision.call, together, held });
    } catch (error) {
      out.cut(error);
      return exchanged(out, provider, null, null);
    } finally {
      held.letGo();
      this.#underWay.set(run, (this.#underWay.get(run) ?? 1) - 1);
    }
  }

  async close(): Promise<void> {
    await this.#ways.destroy();
  }

  async #call(request: IncomingMessage, out: Outgoing, run: ModelRun, asked: Asked): Promise<ModelExchange> {
    const { provider, call } = asked;
    const early = this.#unasked(request, run, asked);
    if (early !== null) return await refuse(out, early, call.model);
    const decided = await this.#readBody(request, asked);
    if (decided.kind === 'refuse') return await refuse(out, decided, call.model);
    const { model } = decided;
    if (call.paid && run.budget.usd !== null) this.#notePrice(model);
    const body = Buffer.from(JSON.stringify(await redactBody(decided.body, decided.length, run.redact)));
    const follow = linked(run.signal, out.gone);
    let charged: ChargedTokens = noTokens;
    try {
      const result = await exchange(out, body, {
        url: addressOf(this.#config()[provider.name].base_url, call),
        headers: { ...headersFor(request, provider, run.redact), ...provider.keyHeaders(this.#key(provider)) },
        key: this.#key(provider),
        provider,
        ways: this.#ways,
        idleMs: this.#config().idle_timeout,
        maxBytes: this.#limits.answer,
        maxOutput: provider.maxOutput(decided.body),
        signal: follow.signal,
      });
      charged = result.tokens;
      this.#noteFailure(run, provider, result);
    } finally {
      follow.letGo();
      if (call.paid) run.onSpend(this.#spend(provider, model, charged));
    }
    return exchanged(out, provider, model, null);
  }

  /** @throws Error when the agent goes away before the end of its body */
  async #readBody(request: IncomingMessage, { provider, call, held }: Asked): Promise<ReadBody | Refusal> {
    const { request: max } = this.#limits;
    const bytes = await readBytes(request, max, held);
    if (bytes === 'too_large') return refusalOf(provider, bytes, max);
    if (bytes === 'too_many') {
      return { ...refusalOf(provider, bytes), message: 'too many bodies are held already: ask again' };
    }
    if (await hasTooManyValues(bytes)) {
      const message = `the body has more than ${maxStructure} brackets, commas and colons`;
      return { ...refusalOf(provider, 'too_large'), message };
    }
    const decided = await decideModelBody(provider, call, bytes.toString('utf8'));
    return decided.kind === 'refuse' ? decided : { ...decided, length: bytes.length };
  }

  /** Why a request is refused before its body is read. */
  #unasked(request: IncomingMessage, run: ModelRun, { provider, call, together }: Asked): Refusal | null {
    if (request.headers['content-encoding'] !== undefined) return refusalOf(provider, 'encoded_body');
    if (Number(request.headers['content-length'] ?? 0) > this.#limits.request) {
      return refusalOf(provider, 'too_large', this.#limits.request);
    }
    if (this.#config()[provider.name].api_key === undefined) {
      const missing = keyMissing(provider.name);
      this.#logOnce(run, provider, missing);
      return { ...refusalOf(provider, 'no_key'), message: `${missing.message}: ${missing.fix}` };
    }
    if (call.paid) {
      const over = overBudget(run);
      if (over !== null) return { ...refusalOf(provider, 'over_budget'), message: over };
    }
    return together >= maxTogether ? refusalOf(provider, 'too_many', maxTogether) : null;
  }

  #key({ name }: Provider): string {
    return this.#config()[name].api_key ?? '';
  }

  #spend({ name }: Provider, model: string, charged: ChargedTokens): ModelSpend {
    const { input, cached, output } = charged;
    return {
      provider: name,
      model,
      tokens: { input, cached, output },
      usd: costOf(model, charged, this.#config().prices),
    };
  }

  /** Said once for each model. */
  #notePrice(model: string): void {
    if (this.#unpriced.has(model) || this.#unpriced.size >= maxNoted || isPriced(model, this.#config().prices)) return;
    this.#unpriced.add(model);
    const message = 'no price is known for a model: the limit in USD does not hold for it, the limit in tokens does';
    const { code, fix } = problem(gatewayProblems.modelPriceUnknown, message, { model });
    this.#log.warn({ code, model, fix }, message);
  }

  #noteFailure(run: ModelRun, provider: Provider, { failure }: Exchanged): void {
    if (failure === null) return;
    this.#logOnce(
      run,
      provider,
      problem(gatewayProblems[failure.problem], failure.detail, { provider: provider.name }),
    );
  }

  #logOnce(run: ModelRun, { name }: Provider, { code, message, fix }: Problem): void {
    const logged = this.#logged.get(run) ?? new Set();
    this.#logged.set(run, logged);
    if (logged.has(`${code} ${name}`)) return;
    logged.add(`${code} ${name}`);
    this.#log.warn({ code, provider: name, detail: message, fix }, 'a model provider failed an agent');
  }
}

interface Asked {
  readonly provider: Provider;
  readonly call: AllowedCall;
  /** Requests of the same run that were under way when this one came. */
  readonly together: number;
  /** Its body, as far as it was read. */
  readonly held: HeldBody;
}

interface ReadBody extends AllowedBody {
  /** Bytes of it as it came. */
  readonly length: number;
}

function keyMissing(provider: ProviderName): Problem {
  const message = `nightcrier has no key for ${provider}`;
  return problem(gatewayProblems.modelKeyMissing, message, { provider });
}

/** Says which limit is reached; null when none is. */
function overBudget(run: ModelRun): string | null {
  const { budget } = run;
  const usd = run.spentUsd();
  if (budget.usd !== null && usd >= budget.usd) {
    return `the run has spent ${usd.toFixed(2)} USD of the ${budget.usd.toFixed(2)} USD that it may spend: finish without the model`;
  }
  const tokens = run.spentTokens();
  if (budget.tokens === null || tokens < budget.tokens) return null;
  return `the run has used ${tokens} tokens of the ${budget.tokens} that it may use: finish without the model`;
}

async function refuse(out: Outgoing, refusal: Refusal, model: string | null): Promise<ModelExchange> {
  const { provider, rule, failure, message } = refusal;
  await out.refuse(provider, failure, message);
  const known = rule === 'unknown_provider' ? null : provider;
  return exchanged(out, known, model, rule);
}

function exchanged(
  out: Outgoing,
  provider: Provider | null,
  model: string | null,
  refused: string | null,
): ModelExchange {
  return { provider: provider?.name ?? null, model, status: out.status, bytes: out.bytes, refused };
}

function addressOf(baseUrl: string, { path }: AllowedCall): string {
  return baseUrl.replace(/\/+$/, '') + path;
}

/** The agent's headers that go on. A header is a way out like the body. */
function headersFor(request: IncomingMessage, { headers }: Provider, redact: Redactor): Record<string, string> {
  const kept = headers.flatMap((name) => {
    const value = request.headers[name];
    return typeof value === 'string' ? [[name, redact.text(value)] as const] : [];
  });
  return { ...Object.fromEntries(kept), 'content-type': 'application/json', 'accept-encoding': 'identity' };
}
