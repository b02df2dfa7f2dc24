import { InvalidArgumentError, Option } from 'commander';
import { compareSeverity, severities, type Severity } from '../domain/fault.ts';
import { isLive } from '../domain/incident.ts';
import { type IncidentStatus, incidentStatuses } from '../domain/records.ts';
import type { IncidentDetail, StateReader } from '../domain/state-store.ts';
import { readTime } from '../lib/display/local-time.ts';
import { parseDuration } from '../lib/format.ts';

/** Which incidents a person wants to see. */
export interface IncidentFilter {
  readonly cluster?: string;
  readonly status?: IncidentStatus;
  /** This one or a worse one. */
  readonly severity?: Severity;
  /** Opened at this time or later; `now` in ms since the epoch. */
  readonly since?: (now: number) => number;
  /** Also those that ended. */
  readonly all?: boolean;
}

/** The options of a command that say it; times are of a zone where they do not say another offset. */
export function filterOptions(timeZone: string): Option[] {
  return [
    new Option('--cluster <name>', 'of one cluster'),
    new Option('--status <status>', 'in one status').choices(incidentStatuses),
    new Option('--severity <level>', 'of this severity or a worse one').choices(severities),
    new Option(
      '--since <when>',
      'opened within this time (2h, 7d), or since a day or time of your zone (2026-11-20, "2026-11-20 09:00") or of another (2026-11-20T09:00:00Z)',
    ).argParser((text) => parseSince(text, timeZone)),
    new Option('--open', 'those that have not ended; without --all and --status it is always so').conflicts([
      'all',
      'status',
    ]),
    new Option('--all', 'also those that are resolved or skipped'),
  ];
}

/** Whether an incident is one of them; `now` in ms since the epoch. */
export function fitsFilter({ incident }: IncidentDetail, filter: IncidentFilter, now: number): boolean {
  const { cluster, status, severity, since, all } = filter;
  return (
    (cluster === undefined || incident.cluster === cluster) &&
    (status === undefined ? all === true || isLive(incident.status) : incident.status === status) &&
    (severity === undefined || compareSeverity(incident.severity, severity) >= 0) &&
    (since === undefined || incident.openedAt >= since(now))
  );
}

export interface IncidentList {
  readonly items: readonly IncidentDetail[];
  /** The id of the last one shown, when there are more. */
  readonly more: string | null;
}

/** Reads pages, newest first, until there are enough that fit, and one more. */
export async function listIncidents(
  reader: Pick<StateReader, 'incidents'>,
  filter: IncidentFilter,
  { limit, now }: { readonly limit: number; readonly now: number },
): Promise<IncidentList> {
  const items: IncidentDetail[] = [];
  const { cluster, status, since } = filter;
  let before: string | undefined;
  do {
    const page = await reader.incidents({
      limit,
      ...(cluster === undefined ? {} : { cluster }),
      ...(status === undefined ? {} : { status }),
      ...(before === undefined ? {} : { before }),
    });
    items.push(...page.items.filter((detail) => fitsFilter(detail, filter, now)));
    const last = page.items.at(-1);
    // Ids are in the order of opening.
    const isOver = last !== undefined && since !== undefined && last.incident.openedAt < since(now);
    before = isOver ? undefined : (page.next ?? undefined);
  } while (before !== undefined && items.length <= limit);
  const shown = items.slice(0, limit);
  return { items: shown, more: items.length > shown.length ? (shown.at(-1)?.incident.id ?? null) : null };
}

function parseSince(text: string, timeZone: string): (now: number) => number {
  const ms = parseDuration(text);
  if (ms !== null) return (now) => now - ms;
  const at = readTime(text, timeZone);
  if (at === null) {
    throw new InvalidArgumentError(
      'It is a duration such as 30m, 2h or 7d, or a time such as 2026-11-20, "2026-11-20 09:00" or 2026-11-20T09:00:00Z.',
    );
  }
  return () => at;
}
