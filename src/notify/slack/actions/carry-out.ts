import type { SilenceStore } from '../../../domain/cluster-policy.ts';
import type { FeedbackStore } from '../../../domain/history.ts';
import { isLive, type OrderStore } from '../../../domain/incident.ts';
import { calledOverBy } from '../../../domain/people/incident-act.ts';
import type { Incident } from '../../../domain/records.ts';
import type { StateReader } from '../../../domain/state-store.ts';
import { untilResolved } from '../../../domain/silence/silences.ts';
import { incidentMatchers } from '../../../domain/silence/incident-silence.ts';
import { oneLine } from '../../../lib/text.ts';
import { endReason } from '../../message-facts.ts';
import { silenceSpans } from '../buttons.ts';
import { prose, slackDate } from '../mrkdwn.ts';
import type { Act, Click, SlackPerson } from './payload.ts';
import { silenceOf } from './people-notes.ts';

/** What clicks change, and what they have to know of it. */
export type ActStore = OrderStore &
  FeedbackStore &
  Pick<SilenceStore, 'addSilence' | 'silences'> &
  Pick<StateReader, 'incident'>;

/** How an act ended: `said` is for the clicker alone, as mrkdwn; null where the message says it. */
export interface ActResult {
  /** Whether the message has to be looked at again. */
  readonly changed: boolean;
  readonly said: string | null;
}

/**
 * Does what a person clicked, by `person.name`. Done again it changes nothing. `at` in ms since the epoch.
 * @throws StoreUnavailableError
 */
export async function carryOut(
  { act, incidentId, person }: Pick<Click, 'act' | 'incidentId' | 'person'>,
  store: ActStore,
  at: number,
): Promise<ActResult> {
  switch (act.kind) {
    case 'silence':
      return await silence(act, incidentId, person, store, at);
    case 'feedback': {
      const comment = oneLine(act.comment, 500);
      const given = await store.giveFeedback(incidentId, { rating: act.rating, by: person.name, comment }, at);
      return given === null ? unknown : done;
    }
    case 'ack':
    case 'rerun':
    default:
      return await order(act.kind, incidentId, person, store, at);
  }
}

/** A silence that ends so little later is the same one, asked for twice, ms. */
const doubleClickMs = 60_000;

const done: ActResult = { changed: true, said: null };
const unknown: ActResult = {
  changed: false,
  said: 'Nothing was done: this incident is not kept any more (`storage.retention`).',
};

async function order(
  kind: 'ack' | 'rerun',
  incidentId: string,
  { id, name }: SlackPerson,
  store: ActStore,
  at: number,
): Promise<ActResult> {
  const answer = await store.orderIncident(incidentId, { kind, by: name, comment: '', slackUser: id }, at);
  if (answer.kind === 'unknown') return unknown;
  // The message that was clicked may be an old one.
  if (answer.kind === 'ended') return { changed: true, said: endedWords(answer.incident) };
  const { acknowledged } = answer.incident;
  const others = kind === 'ack' && acknowledged?.slackUser !== id ? acknowledged : null;
  if (!others) return done;
  const by = prose(others.by, 200).text;
  return { changed: true, said: `It was acknowledged before: by ${by} ${slackDate(others.at)}.` };
}

/** When and how it ended, for who comes too late. */
function endedWords(incident: Incident): string {
  const when = incident.resolvedAt === null ? '' : ` ${slackDate(incident.resolvedAt)}`;
  const by = calledOverBy(incident.statusReason);
  const reason = endReason(incident);
  const how = by === null ? (reason === null ? '' : `: ${prose(reason, 300).text}`) : ` by ${prose(by, 200).text}`;
  return `Nothing was done: it is ${incident.status}${when}${how}.`;
}

async function silence(
  { span }: Extract<Act, { kind: 'silence' }>,
  incidentId: string,
  { name }: SlackPerson,
  store: ActStore,
  at: number,
): Promise<ActResult> {
  const detail = await store.incident(incidentId);
  if (detail === null) return unknown;
  if (!isLive(detail.incident.status)) return { changed: true, said: endedWords(detail.incident) };
  const stands = silenceOf(await store.silences(), detail, at);
  const endsAt = at + silenceSpans[span].ms;
  if (stands !== null && (stands.until ?? Infinity) >= endsAt - doubleClickMs) {
    const until = stands.until === null ? 'until it is resolved' : `until ${slackDate(stands.until)}`;
    return { changed: true, said: `It is silenced already by ${prose(stands.by, 200).text}, ${until}.` };
  }
  const matchers = incidentMatchers(detail);
  if (matchers === null) return { changed: false, said: tooManyObjects };
  const comment = span === 'resolved' ? untilResolved(incidentId) : `asked for in Slack, at ${incidentId}`;
  const asked = { matchers, startsAt: at, endsAt, author: name, comment, way: 'slack' } as const;
  const answer = await store.addSilence(asked, at);
  if (answer.kind === 'made') return done;
  return {
    changed: false,
    said: `Nothing was done: there are ${answer.limit} silences already (\`nightcrier silence list\`).`,
  };
}

const tooManyObjects =
  'Nothing was done: the incident is about too many objects for one silence; `nightcrier silence add` takes patterns.';
