import { z } from 'zod';
import { matcherText } from '../silence/matchers.ts';
import { silenceState, silenceStates } from '../silence/silences.ts';
import { type Silence, silenceSources, silenceWays } from '../fault.ts';
import { iso, isoOrNull } from './times.ts';

/* A silence of the API, of `-o json` and of the event stream. Times are ISO 8601 UTC. */

const time = z.iso.datetime();

/** The `User-Agent` of our own commands: what they ask for is told as theirs. */
export const cliAgent = 'nightcrier-cli';

export const silenceSchema = z.object({
  id: z.string(),
  /** At the time of the answer. */
  state: z.enum(silenceStates),
  source: z.enum(silenceSources),
  /** Through what it was made; null where that is not known, and for the configuration. */
  way: z.enum(silenceWays).nullable(),
  matchers: z.array(z.string()),
  starts_at: time,
  ends_at: time.nullable(),
  author: z.string(),
  comment: z.string(),
  created_at: time,
  ended_by: z.string().nullable(),
});
export type SilenceJson = z.infer<typeof silenceSchema>;

/** `now` in ms since the epoch. */
export function silenceJson(silence: Silence, now: number): SilenceJson {
  return {
    id: silence.id,
    state: silenceState(silence, now),
    source: silence.source,
    way: silence.way ?? null,
    matchers: silence.matchers.map(matcherText),
    starts_at: iso(silence.startsAt),
    ends_at: isoOrNull(silence.endsAt),
    author: silence.author,
    comment: silence.comment,
    created_at: iso(silence.createdAt),
    ended_by: silence.endedBy,
  };
}
