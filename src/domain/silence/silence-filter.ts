import type { Silence } from '../fault.ts';
import { matcherText, mayFitCluster } from './matchers.ts';
import { type SilenceState, silenceState } from './silences.ts';

/** Which silences a person wants to see; what is left out, or empty, asks for nothing. */
export interface SilenceFilter {
  readonly state?: SilenceState | undefined;
  /** Those that may silence something in it: what they ask of the cluster's name fits it, or they ask nothing of it. */
  readonly cluster?: string | undefined;
  /** Part of the name of who made or ended it. */
  readonly author?: string | undefined;
  /** Words of its matchers, its comment, its author or its id, each also as a part of a word. */
  readonly text?: string | undefined;
}

/** Whether a silence is one of them at a time, ms since the epoch; without regard to case, but for the cluster. */
export function fitsSilenceFilter(silence: Silence, filter: SilenceFilter, now: number): boolean {
  const { state, cluster = '', author = '', text = '' } = filter;
  const { matchers, endedBy } = silence;
  const people = [silence.author, endedBy ?? ''];
  const words = [...people, silence.comment, silence.id, ...matchers.map(matcherText)].join('\n');
  return (
    (state === undefined || silenceState(silence, now) === state) &&
    (cluster === '' || mayFitCluster(matchers, cluster)) &&
    has(people.join('\n'), author.trim()) &&
    text.split(/\s+/).every((word) => has(words, word))
  );
}

function has(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}
