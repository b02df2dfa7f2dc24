import { Command } from 'commander';
import type { Outcome } from '../../domain/fault.ts';
import type { ListedFault, StateReader } from '../../domain/state-store.ts';
import { oneLine, plural } from '../../lib/text.ts';
import { age, clockTime } from '../../lib/format.ts';
import { outputStyle } from '../format/style.ts';
import {
  action,
  type CliContext,
  type NamedObject,
  examples,
  globalOptions,
  print,
  printJson,
  say,
  requireCluster,
  withState,
} from '../context.ts';
import { keptKinds, objectHelp, objectName, parseObjectName, requireKnownObject } from '../format/object-name.ts';
import { tableLines } from '../format/table.ts';
import { ownCommand } from '../../config/environment.ts';

/** What each outcome means for the person who asks why nobody was told. */
const meanings: Readonly<Record<Outcome, string>> = {
  opened: 'opened an incident',
  merged: 'joined an open incident, no message of its own',
  repeated: 'the same fault again, counted only',
  below_threshold: 'below the severity threshold, no message',
  triage_disabled: 'triage is off for the cluster, no message',
  muted: 'muted',
  storm: 'gathered into a storm incident',
  throttled: 'over the rate limit, counted only',
  invalid: 'could not be read as a fault',
  self_resolved: 'cleared before its investigation started',
};

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
          const { ref, faults } = await withState(context, command, (reader, locations) => {
            requireCluster(cluster, locations);
            return faultsOf(reader, cluster, named);
          });
          // Faults of any kind are kept; only where there are none is the name in doubt.
          if (faults.length === 0) await requireKnownObject(ref);
          const json = globalOptions(command).output === 'json';
          if (json) {
            const { listedFaultJson } = await import('../../domain/wire/incident.ts');
            printJson(context, { cluster, object: ref, faults: faults.map(listedFaultJson) });
          }
          if (faults.length === 0) {
            say(context, `nothing was received about ${objectName(ref)} in ${cluster}`);
            say(context, 'next: look whether the cluster is connected, at /health/clusters of the daemon');
            return 1;
          }
          if (!json) printFaults(context, faults);
          return 0;
        },
      ),
    );
}

/** The faults of the object, under the first of its possible kinds that has any. */
async function faultsOf(
  reader: StateReader,
  cluster: string,
  named: NamedObject,
): Promise<{ ref: NamedObject; faults: readonly ListedFault[] }> {
  for (const kind of keptKinds(named.kind)) {
    const ref = { ...named, kind };
    const faults = await reader.why(cluster, ref);
    if (faults.length > 0) return { ref, faults };
  }
  return { ref: named, faults: [] };
}

function printFaults(context: CliContext, faults: readonly ListedFault[]): void {
  const now = context.io.now();
  const style = outputStyle(context.io);
  const [header = '', ...rows] = tableLines(
    [{ title: 'TIME' }, { title: 'AGE' }, { title: 'FAULT' }, { title: 'OUTCOME' }, { title: 'RULE' }],
    faults.map(({ reception }) => [
      clockTime(reception.at),
      age(reception.at, now),
      oneLine(reception.signal?.faultType ?? '(unreadable)', 40),
      reception.outcome ?? (reception.episodeId === null ? 'not decided yet' : 'pending'),
      reception.rule ?? '',
    ]),
  );
  print(context, style.dim(header));
  for (const [index, { reception }] of faults.entries()) {
    const { signal, outcome, incidentId } = reception;
    const said = signal?.context ?? reception.invalid?.reason ?? '';
    print(context, rows[index] ?? '');
    const meaning = outcome === null ? waiting(reception) : meanings[outcome];
    print(context, `     ${meaning}${incidentId === null ? '' : ` · ${incidentId}`}`);
    if (said !== '')
      print(context, style.dim(`     ${signal ? objectName(signal.resource) : ''} ${oneLine(said, 160)}`.trimEnd()));
  }
  const incident = faults.find(({ reception }) => reception.incidentId !== null)?.reception.incidentId;
  say(context, `\n${plural(faults.length, 'fault')}`);
  if (incident) say(context, `next: ${ownCommand(context.io.env)} show ${incident}`);
}

/** A fault that is active without an outcome is pending. */
function waiting({ episodeId }: ListedFault['reception']): string {
  return episodeId === null ? 'waits for intake' : 'nobody is told before it has stood for a while';
}
