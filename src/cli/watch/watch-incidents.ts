import type { IncidentDetail, StateReader } from '../../domain/state-store.ts';
import { localClock } from '../../lib/display/local-time.ts';
import { plural } from '../../lib/text.ts';
import { type CliContext, jsonText, print, say } from '../context.ts';
import type { DaemonClient } from '../daemon-client.ts';
import { incidentTable, tableLooks } from '../format/incident-table.ts';
import { screenHeight, screenWidth } from '../format/style.ts';
import { type IncidentFilter, type IncidentList, listIncidents } from '../incident-list.ts';
import { IncidentChanges } from './incident-changes.ts';
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
  const { stdout, env } = context.io;
  const isScreen = stdout.isTTY === true && env['TERM'] !== 'dumb' && !watched.json;
  await (isScreen ? watchOnScreen(context, watched) : watchInLines(context, watched));
}

async function watchOnScreen(context: CliContext, watched: WatchedIncidents): Promise<void> {
  let screen: Screen | null = null;
  let last: IncidentList | null = null;
  try {
    await watchDaemon(context, {
      client: watched.client,
      concerns: (event, data) => incidentOf(event, data, watched.filter.cluster) !== null,
      show: async ({ lost }) => {
        last = await listOf(context, watched);
        screen ??= new Screen(context.io.stdout);
        screen.draw(screenLines(context, last, lost));
      },
    });
  } finally {
    (screen as Screen | null)?.leave();
    if (last !== null) for (const line of tableOf(context, last).flat()) print(context, line);
  }
}

async function watchInLines(context: CliContext, watched: WatchedIncidents): Promise<void> {
  const { reader, client, filter, json } = watched;
  const changes = new IncidentChanges(reader, filter);
  let named = new Set<string>();
  let said: 'nothing' | 'following' | 'lost' = 'nothing';
  const sayConnection = (lost: boolean): void => {
    const is = lost ? 'lost' : 'following';
    if (said === is) return;
    if (lost) say(context, 'connection lost, trying again');
    else say(context, said === 'lost' ? 'connected again' : `following ${client.url}, Ctrl-C ends`);
    said = is;
  };
  await watchDaemon(context, {
    client,
    concerns: (event, data) => {
      const id = incidentOf(event, data, filter.cluster);
      if (id !== null) named.add(id);
      return id !== null;
    },
    show: async ({ lost, opened }) => {
      sayConnection(lost);
      // Before the list is read: what is named from now on is looked at the next time.
      const before = named;
      named = new Set();
      const list = await listOf(context, watched);
      const look = { list, named: opened ? null : before, now: context.io.now() };
      await printChanges(context, await changes.since(look), json);
    },
  });
}

function listOf({ io }: CliContext, { reader, filter, limit }: WatchedIncidents): Promise<IncidentList> {
  return listIncidents(reader, filter, { limit, now: io.now() });
}

/** The id of the incident that an event says has changed; null when it is another event, or of another cluster. */
function incidentOf(event: string, data: unknown, cluster: string | undefined): string | null {
  if (event !== 'incident' || typeof data !== 'object' || data === null) return null;
  const isOther = cluster !== undefined && Reflect.get(data, 'cluster') !== cluster;
  const id: unknown = Reflect.get(data, 'id');
  return isOther || typeof id !== 'string' ? null : id;
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
