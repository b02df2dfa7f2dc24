import { Command } from 'commander';
import { outcomeMeaning, type Silence } from '../../domain/fault.ts';
import type { ListedFault } from '../../domain/state-store.ts';
import { ProblemError } from '../../lib/problem.ts';
import { oneLine, plural } from '../../lib/text.ts';
import { localTime, timesInZone } from '../../lib/display/local-time.ts';
import { formatTable, hangBelow } from '../../lib/display/table.ts';
import { age } from '../../lib/format.ts';
import { outputStyle, outputWidth } from '../format/style.ts';
import {
  action,
  type CliContext,
  examples,
  globalOptions,
  print,
  printJson,
  say,
  requireCluster,
  withState,
} from '../context.ts';
import { nothingReceived } from '../errors.ts';
import { objectHelp, objectName, parseObjectName, requireKnownObject } from '../format/object-name.ts';

interface Options {
  readonly namespace?: string;
}

export function whyCommand(context: CliContext): Command {
  return new Command('why')
    .description('say what became of every fault of an object: told or not, by which rule, when')
    .argument('<cluster>', 'name of the cluster')
    .argument('<object>', objectHelp.object)
    .argument('[name]', objectHelp.name)
    .option('-n, --namespace <name>', objectHelp.namespace)
    .addHelpText(
      'after',
      examples(
        'nightcrier why prod-eu Deployment/shop/cart',
        'nightcrier why prod-eu deploy/cart -n shop',
        'nightcrier why prod-eu node/node-1',
      ),
    )
    .action(
      action(
        context,
        async (cluster: string, object: string, name: string | undefined, options: Options, command: Command) => {
          const named = parseObjectName({ object, name, ...options });
          const { ref, faults, silences } = await withState(context, command, async (reader, locations) => {
            requireCluster(cluster, locations);
            const { keptFaults, silencesBehind } = await import('../../kube/kept-faults.ts');
            const found = await keptFaults(reader, cluster, named);
            return { ...found, silences: await silencesBehind(reader, found.faults) };
          });
          // Faults of any kind are kept; only where there are none is the name in doubt.
          if (faults.length === 0) await requireKnownObject(ref);
          const json = globalOptions(command).output === 'json';
          if (json) {
            const { listedFaultJson } = await import('../../domain/wire/incident.ts');
            const { silenceJson } = await import('../../domain/wire/silence.ts');
            const by = silences.map((silence) => silenceJson(silence, context.io.now()));
            printJson(context, { cluster, object: ref, faults: faults.map(listedFaultJson), silences: by });
          }
          if (faults.length === 0) {
            const fields = { cluster };
            throw new ProblemError(nothingReceived, `nothing was received about ${objectName(ref)} in ${cluster}`, {
              fields,
            });
          }
          if (!json) printFaults(context, faults, silences);
          return 0;
        },
      ),
    );
}

/** Who wants it, until when, and why. */
function silenceLine({ id, author, comment, endsAt, endedBy }: Silence, timeZone: string): string {
  const until = endsAt === null ? 'until it is taken out of the configuration' : `until ${localTime(endsAt, timeZone)}`;
  const ended = endedBy === null ? '' : `, ended by ${endedBy}`;
  return oneLine(`${id} by ${author} ${until}${ended}${comment === '' ? '' : `: ${comment}`}`);
}

function printFaults(context: CliContext, faults: readonly ListedFault[], silences: readonly Silence[]): void {
  const { now: clock, timeZone } = context.io;
  const now = clock();
  const style = outputStyle(context.io);
  const width = outputWidth(context.io);
  const { header, rows } = formatTable(
    [{ title: 'TIME' }, { title: 'AGE' }, { title: 'FAULT' }, { title: 'OUTCOME' }, { title: 'RULE' }],
    faults.map(({ reception }) => [
      localTime(reception.at, timeZone),
      age(reception.at, now),
      oneLine(reception.signal?.faultType ?? '(unreadable)'),
      reception.outcome ?? (reception.episodeId === null ? 'not decided yet' : 'pending'),
      timesInZone(oneLine(reception.rule ?? ''), timeZone),
    ]),
    { width },
  );
  print(context, style.dim(header));
  for (const [index, { reception }] of faults.entries()) {
    const { signal, incidentId } = reception;
    const { lines = [], below = '' } = rows[index] ?? {};
    const meaning = `${outcomeMeaning(reception)}${incidentId === null ? '' : ` · ${incidentId}`}`;
    const silence = silences.find(({ id }) => reception.rule?.endsWith(`silence: ${id}`));
    const known = silence ? `silence ${silenceLine(silence, timeZone)}` : '';
    for (const line of [...lines, ...[below, meaning, known].flatMap((text) => hangBelow(text, width))])
      print(context, line);
    const said = oneLine(signal?.context ?? reception.invalid?.reason ?? '');
    const about = said === '' ? '' : `${signal ? objectName(signal.resource) : ''} ${said}`.trim();
    for (const line of hangBelow(about, width)) print(context, style.dim(line));
  }
  const incident = faults.find(({ reception }) => reception.incidentId !== null)?.reception.incidentId;
  say(context, `\n${plural(faults.length, 'fault')}`);
  if (incident) say(context, `next: nightcrier show ${incident}`);
}
