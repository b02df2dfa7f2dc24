import type { ModelSpend, TokenUse } from '../../domain/agent-gateway.ts';

export type ProviderName = ModelSpend['provider'];

/** Why the gateway itself refused a request: what the record of requests names. */
export type ModelRule =
  | 'unknown_provider'
  | 'unknown_call'
  | 'bad_body'
  | 'encoded_body'
  | 'too_large'
  | 'hosted_tool'
  | 'remote_content'
  | 'stored_state'
  | 'unknown_shape'
  | 'no_key'
  | 'over_budget'
  | 'too_many';

/** How a request that is not answered by the provider ends; each has its status and its word in every provider's form. */
export type FailureKind =
  | 'no_key'
  | 'refused'
  | 'not_found'
  | 'too_large'
  | 'bad_request'
  | 'over_budget'
  | 'too_many'
  | 'unavailable'
  | 'timeout';

export const failureStatus: Readonly<Record<FailureKind, number>> = {
  no_key: 401,
  refused: 403,
  not_found: 404,
  too_large: 413,
  bad_request: 400,
  over_budget: 429,
  too_many: 429,
  unavailable: 502,
  timeout: 504,
};

export type JsonObject = Readonly<Record<string, unknown>>;

/** Tokens as a provider charges them. `written` and `writtenLong` are the parts of `input` that went into its cache. */
export interface ChargedTokens extends TokenUse {
  readonly written: number;
  readonly writtenLong: number;
}

export const noTokens: ChargedTokens = { input: 0, cached: 0, written: 0, writtenLong: 0, output: 0 };

/** What was seen of an answer so far. */
export interface Counted {
  /** As the provider said last; null before it said anything. */
  readonly tokens: ChargedTokens | null;
  /** Letters of what the model said and thought, for an answer that ends before its tokens are told. */
  readonly letters: number;
  /** Whether the provider said that the answer is complete, with its tokens. */
  readonly complete: boolean;
}

export const nothingCounted: Counted = { tokens: null, letters: 0, complete: false };

/** A call that an agent may make, as it goes to the provider. */
export interface AllowedCall {
  /** Below the provider's address, with the query that is let through. */
  readonly path: string;
  /** Null: it stands in the body. */
  readonly model: string | null;
  /** False for counting tokens, which costs nothing. */
  readonly paid: boolean;
}

/** One provider's API, as far as the agent CLIs need it. All of it is pure. */
export interface Provider {
  readonly name: ProviderName;
  /** The call that a request is, null when it is none that an agent may make. `path` has no query. */
  call(method: string, path: string, query: URLSearchParams): AllowedCall | null;
  /** What the gateway answers itself, null when it does not. */
  local(method: string, path: string): JsonObject | null;
  /** Headers of the agent that go on to the provider, in lower case. */
  readonly headers: readonly string[];
  keyHeaders(key: string): Readonly<Record<string, string>>;
  /** Keys of a body that make the same tokens dearer than their list price: they do not go on. */
  readonly dearer: readonly string[];
  /** Keys of a body that go on: what the agent CLIs send, and what else of the API reaches for nothing. */
  readonly keys: ReadonlySet<string>;
  /** Tokens of an answer that a body asks for at most; 0 when it does not say. */
  maxOutput(body: JsonObject): number;
  /** What in a body an agent may not ask for, null when it may all of it. */
  refusal(body: JsonObject): ModelRule | null;
  /** What an event of a streamed answer, or a whole answer, adds to what was seen. */
  count(counted: Counted, event: JsonObject): Counted;
  /** The body of a failure, in the provider's own form. */
  failure(kind: FailureKind, message: string): JsonObject;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a list; nothing for what is no list. */
export function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Letters in all texts of a value. */
export function lettersIn(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, inner) => sum + lettersIn(inner), 0);
}

/** A number of tokens as it came; 0 for what is none. */
export function tokenCount(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.min(Math.round(value), 1e9) : 0;
}
