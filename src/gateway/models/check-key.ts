import { causeOf, errorText, type Problem, problem } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import { gatewayProblems } from '../errors.ts';
import { anthropic } from './anthropic.ts';
import { gemini } from './gemini.ts';
import { openai } from './openai.ts';
import type { Provider, ProviderName } from './provider.ts';

interface KeyToCheck {
  readonly name: ProviderName;
  readonly key: string;
  /** Address of the API; a path in it is kept. */
  readonly baseUrl: string;
}

/** The list of models costs nothing, and takes the key as every other call does. */
const listings: Readonly<Record<ProviderName, { readonly provider: Provider; readonly path: string }>> = {
  anthropic: { provider: anthropic, path: '/v1/models?limit=1' },
  openai: { provider: openai, path: '/v1/models' },
  gemini: { provider: gemini, path: '/v1beta/models?pageSize=1' },
};

type Fetch = (url: string, init: RequestInit) => Promise<Pick<Response, 'status' | 'headers' | 'text'>>;

/** Asks a provider for its models with the configured key. Null: it takes the key. Rejects only with the signal's reason. */
export async function checkKey(
  { name, key, baseUrl }: KeyToCheck,
  fetch: Fetch,
  signal: AbortSignal,
): Promise<Problem | null> {
  const { provider, path } = listings[name];
  const { host } = new URL(baseUrl);
  const unreachable = (said: string): Problem =>
    problem(gatewayProblems.modelUnreachable, `${host}: ${said}`, { provider: name });
  const version: Record<string, string> = name === 'anthropic' ? { 'anthropic-version': '2023-06-01' } : {};
  try {
    const headers = { ...provider.keyHeaders(key), ...version };
    const answer = await fetch(`${baseUrl.replace(/\/+$/, '')}${path}`, { headers, redirect: 'manual', signal });
    const text = await answer.text();
    const { status } = answer;
    // Gemini answers 400 to a key that it does not know.
    if (status === 401 || status === 403 || (status === 400 && /api.?key/i.test(text.slice(0, 4000)))) {
      return problem(gatewayProblems.modelKeyRefused, `${host} answered ${status}`, { provider: name });
    }
    // Too many requests, or a proxy that serves only the calls of agents: the key was not what it refused.
    if (status === 429 || status === 404 || status === 405 || (status >= 200 && status < 300)) return null;
    return unreachable(`it answered ${status}`);
  } catch (error) {
    signal.throwIfAborted();
    return unreachable(oneLine(errorText(causeOf(error)), 200));
  }
}
