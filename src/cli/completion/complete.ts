import { Argument, Command } from 'commander';
import type { StateReader } from '../../domain/state-store.ts';
import { isLive } from '../../domain/incident.ts';
import { oneLine } from '../../lib/text.ts';
import { action, type CliContext, locate, print, withState } from '../context.ts';
import { objectName } from '../format/object-name.ts';

/** What of the state a shell can complete. */
export const valueKinds = ['clusters', 'incidents', 'objects'] as const;
export type ValueKind = (typeof valueKinds)[number];

interface Value {
  readonly word: string;
  readonly about: string;
}

/** Incidents that are looked at; a person completes what is of today. */
const newest = 200;

/**
 * What the completion scripts ask: a word and what it is on each line, parted by a tab. Names of clusters and objects are
 * foreign: a word that a shell could read as more than a word is left out. Whatever is wrong, nothing is said: somebody
 * types.
 */
export function completeCommand(context: CliContext): Command {
  return new Command('complete')
    .description('print the values that a shell can complete')
    .addArgument(new Argument('<kind>', 'what is completed').choices(valueKinds))
    .argument('[cluster]', 'of objects: their cluster')
    .action(
      action(context, async (kind: ValueKind, cluster: string | undefined, _options: unknown, command: Command) => {
        try {
          for (const { word, about } of await valuesOf(context, command, kind, cluster)) {
            if (/^[\w][\w./:@-]{0,300}$/.test(word)) print(context, `${word}\t${oneLine(about, 120)}`);
          }
          return 0;
        } catch {
          return 1;
        }
      }),
    );
}

async function valuesOf(
  context: CliContext,
  command: Command,
  kind: ValueKind,
  cluster: string | undefined,
): Promise<readonly Value[]> {
  if (kind === 'clusters') {
    const { clusters } = await locate(context, command);
    if (clusters.length > 0) return clusters.map((word) => ({ word, about: 'cluster' }));
  }
  const details = await withState(context, command, (reader) => newestIncidents(reader, cluster));
  const incidents = details.toSorted((a, b) => Number(isLive(b.status)) - Number(isLive(a.status)));
  switch (kind) {
    case 'incidents':
      return incidents.map(({ id, severity, title, cluster: where, status }) => ({
        word: id,
        about: `${severity} ${title} · ${where}, ${status}`,
      }));
    case 'objects':
      return once(
        incidents.flatMap(({ owner, resource, title }) =>
          [owner, resource].map((it) => ({ word: objectName(it), about: title })),
        ),
      );
    case 'clusters':
    default:
      return once(incidents.map((incident) => ({ word: incident.cluster, about: 'cluster' })));
  }
}

async function newestIncidents(reader: Pick<StateReader, 'incidents'>, cluster: string | undefined) {
  const { items } = await reader.incidents({ limit: newest, ...(cluster === undefined ? {} : { cluster }) });
  return items.map(({ incident }) => incident);
}

function once(values: readonly Value[]): readonly Value[] {
  return [...new Map(values.toReversed().map((value) => [value.word, value])).values()].toReversed();
}
