import { shortConfidence } from '../../domain/verdict/confidence.ts';
import { confidences } from '../../domain/verdict/verdict.ts';
import { z } from 'zod';
import { outcomeMeaning, outcomes, severities } from '../../domain/fault.ts';
import { BoundedMap } from '../../lib/work/bounded-map.ts';
import { localClock, localTime, timesInZone } from '../../lib/display/local-time.ts';
import { oneLine } from '../../lib/text.ts';
import { eventLine } from './event-line.ts';
import { objectName } from './object-name.ts';

/** So much is remembered of what was said; what falls out may be said again. */
const remembered = 10_000;

const text = z.string().nullish().catch(null);
const resource = z.object({ kind: z.string(), namespace: text.transform((it) => it ?? null), name: z.string() });
const severity = z.enum(severities).nullish().catch(null);
const error = z.union([z.string(), z.object({ message: z.string() }).transform((it) => it.message)]);

const incidentEvent = z.object({
  id: z.string(),
  cluster: z.string(),
  title: z.string(),
  severity,
  status: z.string(),
  status_reason: text,
  cause: text,
  confidence: z.enum(confidences).nullish().catch(null),
  acknowledged: z.object({ by: z.string() }).nullish().catch(null),
});
const faultEvent = z.object({
  cluster: z.string(),
  fault_type: text,
  resource: resource.nullish().catch(null),
  outcome: z.enum(outcomes),
  rule: text,
  incident_id: text,
});
const connectionEvent = z.object({
  cluster: z.string(),
  status: z.string(),
  source: text,
  error: error.nullish().catch(null),
});
const deliveryEvent = z.object({
  cluster: text,
  target: z.string(),
  kind: z.string(),
  status: z.string(),
  incident_id: text,
  error: error.nullish().catch(null),
});
const feedbackEvent = z.object({
  cluster: text,
  incident_id: z.string(),
  rating: z.string(),
  author: z.string(),
  comment: text,
});
const silenceEvent = z.object({
  id: z.string(),
  state: z.string(),
  matchers: z.array(z.string()),
  author: z.string(),
  ends_at: text,
});

/**
 * The events of the daemon as what a person wants to know of them: an incident that opened, what was found, who has it,
 * how it ended, whom it was told; a fault that nobody is told of, and by which rule; a cluster that is watched or is not.
 * Each is said once. Steps in between are for `eventLine`, and so is what is not understood.
 */
export class TailLines {
  readonly #timeZone: string;
  readonly #said = new BoundedMap<string, string>(remembered);
  readonly #titles = new BoundedMap<string, string>(remembered);

  constructor({ timeZone }: { readonly timeZone: string }) {
    this.#timeZone = timeZone;
  }

  /** The line of an event, null when it says nothing new. `now` in ms since the epoch. */
  line(event: string, data: unknown, now: number): string | null {
    const said = this.#words(event, data);
    if (said === 'nothing') return null;
    if (said === 'unknown') return eventLine(event, data, { now, timeZone: this.#timeZone });
    const parts = said.parts.filter((part) => part !== null && part !== undefined && part !== '');
    const cluster = oneLine(said.cluster ?? '-', 63).padEnd(16);
    const time = localClock(now, this.#timeZone);
    return `${time}  ${cluster}  ${parts.map((part) => timesInZone(oneLine(String(part), 300), this.#timeZone)).join(' · ')}`;
  }

  #words(event: string, data: unknown): Said {
    switch (event) {
      case 'incident':
        return parsed(incidentEvent, data, (it) => this.#incident(it));
      case 'fault':
        return parsed(faultEvent, data, (it) => this.#fault(it), isUndecided(data));
      case 'connection':
        return parsed(connectionEvent, data, (it) => this.#connection(it));
      case 'delivery':
        return parsed(deliveryEvent, data, (it) => this.#delivery(it));
      case 'silence':
        return parsed(silenceEvent, data, (it) => this.#silence(it));
      case 'feedback':
        return parsed(feedbackEvent, data, (it) => this.#feedback(it));
      case 'run':
        // The incident says so too.
        return 'nothing';
      default:
        return 'unknown';
    }
  }

  #incident(incident: z.infer<typeof incidentEvent>): Said {
    const { id, cluster, title, severity: level, acknowledged } = incident;
    this.#titles.set(id, title);
    const became = stateWords(incident);
    const taken = acknowledged ? `acknowledged by ${acknowledged.by}` : null;
    const before = this.#said.get(`incident ${id}`);
    const mark = `${became}\n${taken}`;
    if (!this.#isNews(`incident ${id}`, mark)) return 'nothing';
    // Who took it is the news when nothing else is.
    const onlyTaken = taken !== null && before === `${became}\nnull`;
    const word = level ? level.toUpperCase() : null;
    return {
      cluster,
      parts: [word === null ? title : `${word} ${title}`, onlyTaken ? taken : became, onlyTaken ? null : taken, id],
    };
  }

  #fault({
    cluster,
    fault_type: type,
    resource: object,
    outcome,
    rule,
    incident_id: id,
  }: z.infer<typeof faultEvent>): Said {
    // The line of the incident says it, or nothing is new.
    if (outcome === 'opened' || outcome === 'repeated') return 'nothing';
    const named = object ? objectName(object) : '(unreadable)';
    if (!this.#isNews(`fault ${cluster} ${named} ${type}`, `${outcome} ${rule} ${id}`)) return 'nothing';
    const why = rule
      ? `${outcomeMeaning({ outcome, episodeId: null })} (${rule})`
      : outcomeMeaning({ outcome, episodeId: null });
    return { cluster, parts: [named, type, why, id] };
  }

  #connection({ cluster, status, source, error: reason }: z.infer<typeof connectionEvent>): Said {
    const words = new Map([
      ['active', `watched by ${source ?? 'nothing'}`],
      ['failed', `not watched: ${reason ?? 'the connection failed'}`],
      ['disconnected', 'not watched: disconnected'],
    ]).get(status);
    if (words === undefined || !this.#isNews(`connection ${cluster}`, words)) return 'nothing';
    return { cluster, parts: [`the cluster is ${words}`] };
  }

  #delivery({ cluster, target, kind, status, incident_id: id, error: reason }: z.infer<typeof deliveryEvent>): Said {
    // Of an edit nobody hears.
    const words = kind === 'refresh' ? null : deliveryWords(status, target, reason ?? null);
    if (words === null || !this.#isNews(`delivery ${id ?? kind} ${target}`, words)) return 'nothing';
    const about = id ? (this.#titles.get(id) ?? null) : kind.replaceAll('_', ' ');
    return { cluster, parts: [about, words, id] };
  }

  #feedback({ cluster, incident_id: id, rating, author, comment }: z.infer<typeof feedbackEvent>): Said {
    return { cluster, parts: [this.#titles.get(id), `the answer is ${rating} to ${author}`, comment, id] };
  }

  #silence({ id, state, matchers, author, ends_at: end }: z.infer<typeof silenceEvent>): Said {
    if (!this.#isNews(`silence ${id}`, state)) return 'nothing';
    const until = end ? `until ${localTime(Date.parse(end), this.#timeZone)}` : null;
    const words = state === 'expired' ? ['silence ended'] : [`silence ${state}`, until, `by ${author}`];
    return { cluster: null, parts: [matchers.join(', '), ...words, id] };
  }

  /** Whether something else was said of it last, or nothing yet. */
  #isNews(about: string, words: string): boolean {
    if (this.#said.get(about) === words) return false;
    this.#said.set(about, words);
    return true;
  }
}

type Said = { readonly cluster: string | null | undefined; readonly parts: readonly unknown[] } | 'nothing' | 'unknown';

function parsed<T>(schema: z.ZodType<T>, data: unknown, words: (it: T) => Said, otherwise: Said = 'unknown'): Said {
  const result = schema.safeParse(data);
  return result.success ? words(result.data) : otherwise;
}

/** A fault of which nobody knows yet what becomes of it. */
function isUndecided(data: unknown): Said {
  const outcome: unknown = typeof data === 'object' && data !== null && 'outcome' in data ? data.outcome : undefined;
  return outcome === null ? 'nothing' : 'unknown';
}

function stateWords({ status, status_reason: reason, cause, confidence }: z.infer<typeof incidentEvent>): string {
  const why = reason ? `: ${reason}` : '';
  switch (status) {
    case 'open':
    case 'queued':
      return 'opened';
    case 'investigating':
      return 'being investigated';
    case 'reported':
      return cause ? `cause: ${cause}${confidence ? ` (${shortConfidence[confidence]})` : ''}` : 'no cause found';
    case 'failed':
      return `no report${why}`;
    default:
      return `${status}${why}`;
  }
}

/** Null for the steps between. */
function deliveryWords(status: string, target: string, reason: string | null): string | null {
  if (status === 'sent') return `told on ${target}`;
  if (status === 'held') return `held back from ${target} by a silence`;
  if (status === 'dead') return `could not be told on ${target}: ${reason ?? 'no reason given'}`;
  return status === 'pending' && reason !== null ? `not told on ${target} yet: ${reason}` : null;
}
