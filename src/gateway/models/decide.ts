import { anthropic } from './anthropic.ts';
import { gemini } from './gemini.ts';
import { openai } from './openai.ts';
import {
  type AllowedCall,
  type FailureKind,
  isObject,
  type JsonObject,
  type ModelRule,
  type Provider,
} from './provider.ts';
import { hasEndlessText } from './redact-body.ts';

/** What stands before the providers in the paths of an agent. */
const prefix = '/llm/';
const providers: ReadonlyMap<string, Provider> = new Map(
  [anthropic, openai, gemini].map((provider) => [provider.name, provider]),
);

/** A refusal by a rule of the gateway, with what the agent is told. */
export interface Refusal {
  readonly kind: 'refuse';
  readonly provider: Provider;
  readonly rule: ModelRule;
  readonly failure: FailureKind;
  readonly message: string;
}

export type ModelDecision =
  | Refusal
  | { readonly kind: 'local'; readonly provider: Provider; readonly body: JsonObject }
  | { readonly kind: 'call'; readonly provider: Provider; readonly call: AllowedCall };

/** What is done with a request by its method and target (`/llm/PROVIDER/…`), before its body is read. Pure. */
export function decideModelRequest(method: string, target: string): ModelDecision {
  const [path = '', ...query] = target.split('?');
  const [name = '', ...rest] = (path.startsWith(prefix) ? path.slice(prefix.length) : '').split('/');
  const provider = providers.get(name);
  if (provider === undefined) {
    const message = `nightcrier knows no model provider of this name; there are ${[...providers.keys()].join(', ')}`;
    return { kind: 'refuse', provider: openai, rule: 'unknown_provider', failure: 'not_found', message };
  }
  const below = `/${rest.join('/')}`;
  const body = provider.local(method, below);
  if (body !== null) return { kind: 'local', provider, body };
  const call = provider.call(method, below, new URLSearchParams(query.join('?')));
  if (call !== null) return { kind: 'call', provider, call };
  const message = `nightcrier lets agents make no such call of ${provider.name}`;
  return { kind: 'refuse', provider, rule: 'unknown_call', failure: 'not_found', message };
}

/** A body that may go to the provider, and the model that it is for. */
export interface AllowedBody {
  readonly kind: 'body';
  readonly model: string;
  readonly body: JsonObject;
}

const messages: Partial<Record<ModelRule, string>> = {
  hosted_tool: 'nightcrier refuses tools that the provider would run: they reach the network. Use your own tools',
  remote_content: 'nightcrier refuses content by address or file id: the provider would fetch it. Send the content',
  unknown_shape: 'nightcrier passes on only what it knows of an API: the body has another form',
  stored_state: 'nightcrier refuses what refers to state at the provider. Send the whole conversation',
};

const modelName = /^[A-Za-z0-9._:@/[\]-]{1,128}$/;

/** What is done with a request by its body. What was checked is what goes on: the text itself never does. With pauses, else pure. */
export async function decideModelBody(
  provider: Provider,
  call: AllowedCall,
  text: string,
): Promise<AllowedBody | Refusal> {
  const refuse = (rule: ModelRule, failure: FailureKind, message: string): Refusal => ({
    kind: 'refuse',
    provider,
    rule,
    failure,
    message,
  });
  const parsed = parsedBody(text);
  if (parsed === null) return refuse('bad_body', 'bad_request', 'the body is no JSON object');
  const model = call.model ?? parsed['model'];
  if (typeof model !== 'string' || !modelName.test(model)) {
    return refuse('bad_body', 'bad_request', 'the body names no model');
  }
  if (await hasEndlessText(parsed)) {
    return refuse('too_large', 'too_large', 'a text of the body is longer than a tool of an agent gives');
  }
  const rule = provider.refusal(parsed);
  if (rule !== null) return refuse(rule, 'refused', messages[rule] ?? rule);
  const kept = Object.entries(parsed).filter(([key]) => !provider.dearer.includes(key));
  const unknown = kept.find(([key]) => !provider.keys.has(key));
  if (unknown !== undefined) {
    const name = JSON.stringify(unknown[0].slice(0, 64));
    return refuse(
      'unknown_shape',
      'refused',
      `nightcrier passes on only what it knows of an API, which ${name} is not`,
    );
  }
  return { kind: 'body', model, body: Object.fromEntries(kept) };
}

function parsedBody(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

type PlainRule = 'encoded_body' | 'too_large' | 'no_key' | 'over_budget' | 'too_many';

/** The refusals that look at neither call nor body; `limit` is the one that was passed. */
export function refusalOf(provider: Provider, rule: PlainRule, limit = 0): Refusal {
  const failure = rule === 'encoded_body' ? 'bad_request' : rule;
  const messages: Record<PlainRule, string> = {
    encoded_body: 'send the body without a content encoding',
    too_large: `the body is larger than ${limit} bytes`,
    no_key: 'nightcrier has no key for this provider',
    over_budget: 'the budget of the run is spent',
    too_many: `${limit} requests of this run are under way already: ask again`,
  };
  return { kind: 'refuse', provider, rule, failure, message: messages[rule] };
}
