import { compareSeverity, severities, type Severity } from '../../domain/fault.ts';
import { BoundedMap } from '../../lib/work/bounded-map.ts';

/** Which events of the daemon a person wants to see. */
export interface EventChoice {
  readonly cluster?: string | undefined;
  /** The whole id of one incident. */
  readonly incident?: string | undefined;
  /** Of incidents, what belongs to them, and faults: this one or a worse one. */
  readonly severity?: Severity | undefined;
}

/** Of so many incidents the severity is remembered; that of an older one is asked for again. */
const remembered = 10_000;

/**
 * Chooses events by what they are about, before any form is made of them. What belongs to an incident (a run, a message, an
 * answer) has the severity that the incident has then; what is about none, such as a connection, has no severity and
 * is wanted.
 */
export class EventFilter {
  readonly #choice: EventChoice;
  readonly #severityOf: (incidentId: string) => Promise<Severity | null>;
  /** Null: nobody could say it. */
  readonly #known = new BoundedMap<string, Severity | null>(remembered);

  /** `severityOf`: of an incident of which no event came yet, null when nobody can say it; never rejects. */
  constructor(choice: EventChoice, severityOf: (incidentId: string) => Promise<Severity | null>) {
    this.#choice = choice;
    this.#severityOf = severityOf;
  }

  /** Whether an event is one of them. Events are asked about one after the other. */
  async wants(event: string, data: unknown): Promise<boolean> {
    const { cluster, incident, severity: least } = this.#choice;
    if (cluster !== undefined && fieldOf(data, 'cluster') !== cluster) return false;
    const id = fieldOf(data, event === 'incident' ? 'id' : 'incident_id');
    if (incident !== undefined && id !== incident) return false;
    if (least === undefined) return true;
    const level = await this.#severity(event, data, id);
    return level === null || compareSeverity(level, least) >= 0;
  }

  async #severity(event: string, data: unknown, id: unknown): Promise<Severity | null> {
    const own = severities.find((level) => level === fieldOf(data, 'severity')) ?? null;
    if (event === 'fault' || typeof id !== 'string') return own;
    const known = event === 'incident' ? own : this.#known.get(id);
    const level = known === undefined ? await this.#severityOf(id) : known;
    this.#known.set(id, level);
    return level;
  }
}

function fieldOf(data: unknown, name: string): unknown {
  return typeof data === 'object' && data !== null ? Reflect.get(data, name) : undefined;
}
