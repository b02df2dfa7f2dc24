import type { ModelsConfig } from '../config.ts';
import type { ChargedTokens } from './provider.ts';

/** USD a million tokens. `written` and `writtenLong`: input that goes into the provider's cache, for minutes or an hour. */
interface Price {
  readonly input: number;
  readonly cached: number;
  readonly written: number;
  readonly writtenLong: number;
  readonly output: number;
  /** Over so many tokens of input the whole request costs `input` and `cached` twice, `output` one and a half times. */
  readonly longOver: number | null;
}

type PriceRow = readonly [pattern: string, input: number, cached: number, output: number, longOver?: number];

/** List prices of November 2026; a model that is not here has none. */
const anthropicPrices: readonly PriceRow[] = [
  ['claude-opus-5-5*', 4, 0.2, 20],
  ['claude-opus-5', 5, 0.5, 25],
  ['claude-opus-4-5*', 5, 0.5, 25],
  ['claude-opus-4-6*', 5, 0.5, 25],
  ['claude-opus-4-7*', 5, 0.5, 25],
  ['claude-opus-4-8*', 5, 0.5, 25],
  ['claude-sonnet-5-5*', 2, 0.1, 10],
  ['claude-sonnet-5', 2, 0.2, 10],
  ['claude-sonnet-4-5*', 3, 0.3, 15],
  ['claude-sonnet-4-6*', 3, 0.3, 15],
  ['claude-haiku-5-5*', 0.1, 0.01, 0.5],
  ['claude-haiku-4-5*', 1, 0.1, 5],
  ['claude-fable-5', 10, 1, 50],
  ['claude-fable-5-1*', 10, 0.25, 50],
  ['claude-fable-5-2*', 8, 0.2, 40],
  ['claude-mythos-5', 10, 1, 50],
  ['claude-mythos-5-2*', 8, 0.2, 40],
];

const openaiPrices: readonly PriceRow[] = [
  ['gpt-6-astra*', 10, 1, 50],
  ['gpt-6.1-sol*', 2, 0.1, 10],
  ['gpt-6-sol*', 2, 0.2, 10],
  ['gpt-6-luna*', 0.1, 0.01, 0.5],
  ['gpt-5.6-sol*', 4, 0.4, 20],
  ['gpt-5.6-terra*', 2, 0.2, 12],
  ['gpt-5.6-luna*', 0.2, 0.02, 1.2],
  ['gpt-5.5', 5, 0.5, 30],
  ['gpt-5.4', 2.5, 0.25, 15],
  ['gpt-5.4-mini*', 0.75, 0.075, 4.5],
  ['gpt-5.4-nano*', 0.2, 0.02, 1.25],
  ['gpt-5.2', 1.75, 0.175, 14],
  ['gpt-5.1', 1.25, 0.125, 10],
  ['gpt-5', 1.25, 0.125, 10],
  ['gpt-5-mini', 0.25, 0.025, 2],
];

const geminiPrices: readonly PriceRow[] = [
  // Until the end of 2026; twice as much after it.
  ['gemini-3.8-flash', 0.75, 0.075, 3.75],
  ['gemini-3.7-flash', 0.75, 0.075, 3.75],
  ['gemini-3.5-flash', 1.5, 0.15, 9],
  ['gemini-3.5-flash-lite', 0.3, 0.03, 2.5],
  ['gemini-3.1-pro-preview*', 2, 0.2, 12, 200_000],
  ['gemini-3.1-flash-lite*', 0.25, 0.025, 1.5],
  ['gemini-3-pro-preview', 2, 0.2, 12, 200_000],
  ['gemini-3-flash-preview', 0.5, 0.05, 3],
  ['gemini-2.5-pro', 1.25, 0.125, 10, 200_000],
  ['gemini-2.5-flash', 0.3, 0.03, 2.5],
  ['gemini-2.5-flash-lite', 0.1, 0.01, 0.4],
];

const builtIn: ReadonlyMap<string, Price> = new Map([
  ...anthropicPrices.map((row) => [row[0], priceOf(row, { written: 1.25, writtenLong: 2, longOver: null })] as const),
  ...openaiPrices.map(
    (row) => [row[0], priceOf(row, { written: 1.25, writtenLong: 1.25, longOver: 272_000 })] as const,
  ),
  ...geminiPrices.map((row) => [row[0], priceOf(row, { written: 1, writtenLong: 1, longOver: null })] as const),
]);

/**
 * What an answer cost, USD; null when no price is known for the model. What is configured comes before what is built in,
 * and of several names that fit the longest counts.
 */
export function costOf(model: string, tokens: ChargedTokens, configured: ModelsConfig['prices']): number | null {
  if (tokens.input === 0 && tokens.output === 0) return 0;
  const price = priceFor(model, configured);
  if (price === null) return null;
  const long = price.longOver !== null && tokens.input > price.longOver;
  const fresh = Math.max(0, tokens.input - tokens.cached - tokens.written - tokens.writtenLong);
  const input =
    fresh * price.input +
    tokens.cached * price.cached +
    tokens.written * price.written +
    tokens.writtenLong * price.writtenLong;
  return (input * (long ? 2 : 1) + tokens.output * price.output * (long ? 1.5 : 1)) / 1e6;
}

/** Whether a limit in USD can hold for a model. */
export function isPriced(model: string, configured: ModelsConfig['prices']): boolean {
  return priceFor(model, configured) !== null;
}

function priceFor(model: string, configured: ModelsConfig['prices']): Price | null {
  const own = longestFit(model, Object.keys(configured));
  const set = own === null ? undefined : configured[own];
  if (set !== undefined) {
    const { input, output, cached_input: cached = input } = set;
    return priceOf(['', input, cached, output], { written: 1.25, writtenLong: 2, longOver: null });
  }
  const known = longestFit(model, [...builtIn.keys()]);
  return known === null ? null : (builtIn.get(known) ?? null);
}

function longestFit(model: string, patterns: readonly string[]): string | null {
  const fitting = patterns.filter((pattern) => fits(model, pattern)).sort((a, b) => b.length - a.length);
  return fitting[0] ?? null;
}

/** A name without `*` also fits its dated releases (`gpt-5.5-2026-04-23`, `claude-sonnet-5-20260901`). */
function fits(model: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => RegExp.escape(part));
  const dated = parts.length === 1 ? '(?:-\\d{4}-?\\d{2}-?\\d{2})?' : '';
  return new RegExp(`^${parts.join('.*')}${dated}$`).test(model);
}

function priceOf(
  [, input, cached, output, longOver]: PriceRow,
  usual: Pick<Price, 'written' | 'writtenLong' | 'longOver'>,
): Price {
  const [written, writtenLong] = [input * usual.written, input * usual.writtenLong];
  return { input, cached, written, writtenLong, output, longOver: longOver ?? usual.longOver };
}
