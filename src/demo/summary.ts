import type { Incident } from '../domain/records.ts';
import type { IncidentDetail, StateReader } from '../domain/state-store.ts';
import { formatTable, hangBelow } from '../lib/display/table.ts';
import { wrapDisplay } from '../lib/display/width.ts';
import { shellWord } from '../lib/process/command-line.ts';
import { oneLine, plural } from '../lib/text.ts';
import type { Fleet } from './fleet.ts';
import type { ExpectedFault } from './scripts/fault-script.ts';
import { shortConfidence } from '../domain/verdict/confidence.ts';
import type { Confidence } from '../domain/verdict/verdict.ts';

/** `nightcrier demo -o json`. */
export interface DemoSummary {
  readonly clusters: number;
  /** Distinct faults that belong to the incidents. */
  readonly faults: number;
  readonly incidents: readonly DemoIncident[];
  readonly seconds: number;
}

export interface DemoIncident {
  readonly id: string;
  readonly cluster: string;
  readonly title: string;
  readonly fault_types: readonly string[];
  /** One sentence. */
  readonly cause: string | null;
  readonly confidence: Confidence | null;
  /** Absolute path; null also for one that goes with the data of the demo. */
  readonly report: string | null;
}

/** What the demo came to so far, oldest incident first. */
export async function demoSummary(
  reader: Pick<StateReader, 'incidents'>,
  fleet: Pick<Fleet, 'clusters'>,
  {
    seconds,
    stays,
  }: { readonly seconds: number; /** Its data is there after the demo said so. */ readonly stays: boolean },
): Promise<DemoSummary> {
  const details = await allIncidents(reader);
  return {
    clusters: fleet.clusters.length,
    faults: details.reduce((sum, { faults }) => sum + faults.length, 0),
    incidents: details.map(({ incident, faults }) => ({
      id: incident.id,
      cluster: incident.cluster,
      title: incident.title,
      fault_types: [...new Set(faults.map((fault) => fault.faultType))],
      cause: incident.cause,
      confidence: incident.confidence,
      report: stays ? incident.report : null,
    })),
    seconds: Math.round(seconds * 10) / 10,
  };
}

/** The scripted faults that no incident with a report stands for yet. */
export async function withoutReport(
  reader: Pick<StateReader, 'incidents'>,
  expected: readonly ExpectedFault[],
): Promise<readonly ExpectedFault[]> {
  const reported = (await allIncidents(reader)).filter(({ incident }) => incident.report !== null);
  return expected.filter((fault) => !reported.some(({ incident }) => isAbout(incident, fault)));
}

function isAbout({ cluster, owner }: Incident, fault: ExpectedFault): boolean {
  const { kind, namespace, name } = fault.owner;
  return cluster === fault.cluster && owner.kind === kind && owner.namespace === namespace && owner.name === name;
}

async function allIncidents(reader: Pick<StateReader, 'incidents'>): Promise<IncidentDetail[]> {
  const all: IncidentDetail[] = [];
  let before: string | undefined;
  do {
    const page = await reader.incidents({ limit: 100, ...(before !== undefined && { before }) });
    all.push(...page.items);
    before = page.next ?? undefined;
  } while (before !== undefined);
  return all.reverse();
}

/** What the demo says first: what is simulated and what is real. */
export function demoIntroduction(
  fleet: Pick<Fleet, 'clusters' | 'expected'>,
  facts: { readonly dataDir: string; readonly url: string | null; readonly keep: boolean },
): string {
  const names = fleet.clusters.map((cluster) => cluster.name).join(', ');
  const lines = [
    `nightcrier demo: ${plural(fleet.clusters.length, 'simulated cluster')} (${names}), ${plural(fleet.expected.length, 'scripted fault')}`,
    '',
    '  simulated  the clusters: their MCP servers, Kubernetes APIs, objects and logs',
    '  real       connections, sweep, incidents, the built-in analyst, reports, messages, health and metrics',
    '  not used   cluster, model, key, Docker, network',
    '',
    `  data       ${facts.dataDir} (${facts.keep ? 'kept' : 'removed at the end, --keep keeps it'})`,
    ...(facts.url === null ? [] : [`  dashboard  ${facts.url}/`]),
    '',
  ];
  return lines.join('\n');
}

/**
 * The incidents as a table with their causes and reports, for a terminal of so many columns; `pages`: where each has a
 * page, null when nobody serves them.
 */
export function demoTable(summary: DemoSummary, pages: string | null, width = Infinity): string {
  const { header, rows } = formatTable(
    ['CLUSTER', 'INCIDENT', 'FAULTS', 'CONFIDENCE'].map((title) => ({ title })),
    summary.incidents.map(({ cluster, title, fault_types: types, confidence }) => [
      cluster,
      oneLine(title),
      types.join(', '),
      confidence === null ? '-' : shortConfidence[confidence],
    ]),
    { width },
  );
  const body = summary.incidents.flatMap((incident, index) => {
    const { lines = [], below = '' } = rows[index] ?? {};
    const cause = incident.cause === null ? 'no cause yet' : oneLine(incident.cause);
    return [...lines, ...[below, cause, ...placeOf(incident, pages)].flatMap((text) => hangBelow(text, width))];
  });
  const { clusters, faults, incidents, seconds } = summary;
  const total = `${plural(faults, 'fault')} in ${plural(clusters, 'simulated cluster')} became ${plural(incidents.length, 'incident')} in ${seconds} s.`;
  return [header, ...body, '', ...wrapDisplay(total, width), ''].join('\n');
}

function placeOf({ id, cause, report }: DemoIncident, pages: string | null): string[] {
  if (cause === null && report === null) return ['no report yet'];
  if (pages !== null) return [`${pages}/i/${id}`];
  return report === null ? [] : [report];
}

export interface NextSteps {
  /** Where the dashboard is, null when nobody serves it. */
  readonly pages: string | null;
  /** Describes the demo for the other commands; null when it is gone. */
  readonly configFile: string | null;
  /** Starts them. */
  readonly command: string;
}

/** What to do after the demo. */
export function demoNextSteps({ pages, configFile, command }: NextSteps): string {
  return [
    'Next:',
    pages === null
      ? `  1. See it in a browser: ${command} demo, which goes on until Ctrl-C`
      : `  1. See it in a browser: ${pages}/`,
    configFile === null
      ? `  2. Keep its data to look around in: ${command} demo --once --keep`
      : `  2. Look around: ${command} incidents --config ${shellWord(configFile)}`,
    `  3. Describe your own clusters: ${command} init --from-kubeconfig, then ${command} run`,
    '',
  ].join('\n');
}
