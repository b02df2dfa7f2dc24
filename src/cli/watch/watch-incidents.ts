import type { IncidentDetail, StateReader } from '../../domain/state-store.ts';
import { localClock } from '../../lib/display/local-time.ts';
import { plural } from '../../lib/text.ts';
import { type CliContext, jsonText, print, say } from '../context.ts';
import type { DaemonClient } from '../daemon-client.ts';
import { incidentTable, tableLooks } from '../format/incident-table.ts';
import { screenHeight, screenWidth } from '../format/style.ts';
import { fitsFilter, type IncidentFilter, type IncidentList, listIncidents } from '../incident-list.ts';
import { Screen } from './screen.ts';
import { watchDaemon } from './watch-daemon.ts';

export interface WatchedIncidents {
  readonly reader: Pick<StateReader, 'incident' | 'incidents'>;
  readonly client: DaemonClient;
  readonly filter: IncidentFilter;
  readonly limit: number;
  readonly json: boolean;
}

/**
 * The list of incidents as it changes: drawn anew on a terminal, and left there at the end; elsewhere each incident that
 * is new or another one is printed, with -o json as one object a line. Ends with the signal. @throws ProblemError
 */
export async function watchIncidents(context: CliContext, watched: WatchedIncidents): Promise<void> {
  const { reader, client, filter, limit, json } = watched;
  const { stdout, env, now } = context.io;
  const read = (): Promise<IncidentList> => listIncidents(reader, filter, { limit, now: now() });
  const concerns = (event: string, data: unknown): boolean => event === 'incident' && isOfCluster(data, filter.cluster);
  if (stdout.isTTY !== true || env['TERM'] === 'dumb' || json) {
    const changes = new Changes(reader);
    say(context, `following ${client.url}, Ctrl-C ends`);
    const show = async (): Promise<void> =>
      printChanges(context, await changes.since(await read(), filter, now()), json);
    return watchDaemon(context, { client, concerns, show });
  }
  let screen: Screen | null = null;
  let last: IncidentList | null = null;
  try {
    await watchDaemon(context, {
      client,
      concerns,
      show: async ({ lost }) => {
        last = await read();
        screen ??= new Screen(stdout);
        screen.draw(screenLines(context, last, lost));
      },
    });
  } finally {
    (screen as Screen | null)?.leave();
    if (last !== null) for (const line of tableOf(context, last).flat()) print(context, line);
  }
}

function isOfCluster(data: unknown, cluster: string | undefined): boolean {
  if (cluster === undefined) return true;
  return typeof data === 'object' && data !== null && 'cluster' in data && data.cluster === cluster;
}

/** The table, a block an incident after its header; nothing when there are none. */
function tableOf({ io }: CliContext, { items }: IncidentList, width?: number): readonly (readonly string[])[] {
  if (items.length === 0) return [];
  const { header, blocks } = incidentTable(items, tableLooks(io, width));
  return [[header], ...blocks];
}

/** What fits on the screen: a line of its own first, then whole incidents, and how many more there are. */
function screenLines(context: CliContext, list: IncidentList, lost: boolean): string[] {
  const { io } = context;
  const count = list.items.length === 0 ? 'no incidents' : plural(list.items.length, 'incident');
  const state = lost ? 'connection lost, trying again' : localClock(io.now(), io.timeZone);
  const lines = [`${count}${list.more === null ? '' : ' and more'} · ${state} · Ctrl-C ends`, ''];
  const room = screenHeight(io) - 1;
  const blocks = tableOf(context, list, screenWidth(io));
  for (const [at, block] of blocks.entries()) {
    const left = blocks.length - at - 1;
    if (lines.length + block.length + Math.min(left, 1) > room) {
      // The header is a block too, and no incident.
      return [...lines, `… and ${Math.min(left + 1, list.items.length)} more`];
    }
    lines.push(...block);
  }
  return lines;
}

function printChanges(context: CliContext, changed: readonly IncidentDetail[], json: boolean): Promise<void> | void {
  if (json) return printObjects(context, changed);
  const { blocks } = incidentTable(changed, tableLooks(context.io));
  for (const line of blocks.flat()) print(context, line);
}

async function printObjects(context: CliContext, changed: readonly IncidentDetail[]): Promise<void> {
  const { incidentDetailJson } = await import('../../domain/wire/incident.ts');
  for (const detail of changed) print(context, jsonText(incidentDetailJson(detail)));
}

/** What of a list is new or another one than before, the oldest first; also what is no longer in it because it ended. */
class Changes {
  readonly #reader: Pick<StateReader, 'incident'>;
  #shown = new Map<string, string>();

  constructor(reader: Pick<StateReader, 'incident'>) {
    this.#reader = reader;
  }

  async since({ items }: IncidentList, filter: IncidentFilter, now: number): Promise<IncidentDetail[]> {
    const listed = new Set(items.map(({ incident }) => incident.id));
    const left = await Promise.all(
      [...this.#shown.keys()].filter((id) => !listed.has(id)).map((id) => this.#reader.incident(id)),
    );
    const gone = left.filter((detail) => detail !== null);
    const changed = [...items, ...gone].filter((detail) => this.#shown.get(detail.incident.id) !== mark(detail));
    // One that fits still is only beyond the limit; what ended is told once.
    const kept = [...items, ...gone.filter((detail) => fitsFilter(detail, filter, now))];
    this.#shown = new Map(kept.map((detail) => [detail.incident.id, mark(detail)]));
    return changed.toSorted((a, b) => a.incident.updatedAt - b.incident.updatedAt);
  }
}

/** What a person sees of an incident in a list. */
function mark({ incident }: IncidentDetail): string {
  const { status, severity, title, cause, confidence, acknowledged } = incident;
  return JSON.stringify([status, severity, title, cause, confidence, acknowledged?.by]);
}
