import type { IncidentDetail, StateReader } from '../../domain/state-store.ts';
import { BoundedMap } from '../../lib/work/bounded-map.ts';
import { fitsFilter, type IncidentFilter, type IncidentList } from '../incident-list.ts';

/** So many incidents are remembered as they were printed; more than a list may have. */
const remembered = 10_000;

/** A list of incidents as it is now. */
export interface ListLook {
  readonly list: IncidentList;
  /** Incidents that changed since the last look, as events name them; null when events may have been missed. */
  readonly named: ReadonlySet<string> | null;
  /** Ms since the epoch. */
  readonly now: number;
}

/** What of a list is new or another one than before; also what is no longer in it because it ended. */
export class IncidentChanges {
  readonly #reader: Pick<StateReader, 'incident'>;
  readonly #filter: IncidentFilter;
  readonly #printed = new BoundedMap<string, string>(remembered);

  constructor(reader: Pick<StateReader, 'incident'>, filter: IncidentFilter) {
    this.#reader = reader;
    this.#filter = filter;
  }

  /** The oldest first. What is not in the list is read only when an event names it, and when events were missed. */
  async since({ list: { items }, named, now }: ListLook): Promise<IncidentDetail[]> {
    const listed = new Set(items.map(({ incident }) => incident.id));
    const left = [...(named ?? this.#printed.keys())].filter((id) => this.#printed.has(id) && !listed.has(id));
    const read = await Promise.all(left.map((id) => this.#reader.incident(id)));
    const gone = read.filter((detail) => detail !== null);
    const changed = [...items, ...gone].filter((detail) => this.#printed.get(detail.incident.id) !== mark(detail));
    for (const detail of [...gone, ...items]) this.#keep(detail, now);
    return changed.toSorted((a, b) => a.incident.updatedAt - b.incident.updatedAt);
  }

  /** One that fits still is only beyond the limit; what ended is told once. */
  #keep(detail: IncidentDetail, now: number): void {
    const { id } = detail.incident;
    if (fitsFilter(detail, this.#filter, now)) this.#printed.set(id, mark(detail));
    else this.#printed.delete(id);
  }
}

/** What a person sees of an incident in a list. */
function mark({ incident }: IncidentDetail): string {
  const { status, severity, title, cause, confidence, acknowledged } = incident;
  return JSON.stringify([status, severity, title, cause, confidence, acknowledged?.by]);
}
