import type { NewSilence } from '../cluster-policy.ts';
import type { Matcher, SilenceWay } from '../fault.ts';
import { oneLine } from '../../lib/text.ts';
import { matchersMistake, parseMatchers } from './matchers.ts';

/** A silence that somebody makes holds no longer, ms: one for ever belongs into the configuration. */
const longestMs = 366 * 86_400_000;

/** A silence as people ask for it, by API, page or message. Times in ms since the epoch. */
export interface AskedSilence {
  /** In Alertmanager's syntax, one or several in each text. */
  readonly matchers: readonly string[];
  /** Now when it is left out. */
  readonly startsAt?: number;
  /** An end, or how long. */
  readonly until: { readonly endsAt: number } | { readonly durationMs: number };
  readonly author: string;
  readonly comment: string;
  readonly way: SilenceWay;
}

/** What is asked for, checked. @throws Error in one sentence, for whoever asked */
export function readSilence(
  { matchers, until, author, comment, way, ...asked }: AskedSilence,
  now: number,
): NewSilence {
  const startsAt = Math.max(asked.startsAt ?? now, now);
  const endsAt = 'endsAt' in until ? until.endsAt : startsAt + until.durationMs;
  if (endsAt <= startsAt) throw new Error('the silence would end before it starts');
  if (endsAt - now > longestMs) throw new Error('the silence would hold for over a year');
  return { matchers: readMatchers(matchers), startsAt, endsAt, author, comment: oneLine(comment, 500), way };
}

function readMatchers(texts: readonly string[]): readonly Matcher[] {
  const matchers = texts.flatMap(parseMatchers);
  const mistake = matchersMistake(matchers);
  if (mistake !== null) throw new Error(mistake);
  return matchers;
}
