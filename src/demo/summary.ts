import type { Incident } from '../domain/records.ts';
import type { IncidentDetail, StateReader } from '../domain/state-store.ts';
import { oneLine, plural } from '../lib/text.ts';
import type { Fleet } from './fleet.ts';
import type { ExpectedFault } from './scripts/fault-script.ts';

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
  readonly confidence: string | null;
  /** Absolute path. */
  readonly report: string | null;
}

/** What the demo came to so far, oldest incident first. */
export async function demoSummary(
  reader: Pick<StateReader, 'incidents'>,
  fleet: Pick<Fleet, 'clusters'>,
  seconds: number,
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
      report: incident.report,
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
  facts: { readonly dataDir: string; readonly url: string | null },
): string {
  const names = fleet.clusters.map((cluster) => cluster.name).join(', ');
  const lines = [
    `nightcrier demo: ${plural(fleet.clusters.length, 'simulated cluster')} (${names}), ${plural(fleet.expected.length, 'scripted fault')}`,
    '',
    '  simulated  the clusters: their MCP servers, Kubernetes APIs, objects and logs',
    '  real       connections, sweep, incidents, the built-in analyst, reports, messages, health and metrics',
    '  not used   cluster, model, key, Docker, network',
    '',
    `  data       ${facts.dataDir} (kept)`,
    ...(facts.url === null ? [] : [`  pages      ${facts.url}/`]),
    '',
  ];
  return lines.join('\n');
}

/** The incidents as a table with their causes and reports. */
export function demoTable(summary: DemoSummary): string {
  const header = ['CLUSTER', 'INCIDENT', 'FAULTS', 'CONFIDENCE'];
  const rows = summary.incidents.map((incident) => [
    incident.cluster,
    oneLine(incident.title, 70),
    incident.fault_types.join(', '),
    incident.confidence ?? '-',
  ]);
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  const body = summary.incidents.flatMap((incident, i) => [
    line(rows[i] ?? []),
    `    ${incident.cause === null ? 'no cause yet' : oneLine(incident.cause, 300)}`,
    `    ${incident.report ?? 'no report yet'}`,
  ]);
  const { clusters, faults, incidents, seconds } = summary;
  const total = `${plural(faults, 'fault')} in ${plural(clusters, 'simulated cluster')} became ${plural(incidents.length, 'incident')} in ${seconds} s.`;
  return [line(header), ...body, '', total, ''].join('\n');
}

interface DemoPlace {
  /** Describes the demo for the other commands. */
  readonly configFile: string;
  /** Starts them. */
  readonly command: string;
  /** Of its pages, null when the daemon ends. */
  readonly url: string | null;
}

/** What to do after the demo. */
export function demoNextSteps(summary: DemoSummary, { configFile, command, url }: DemoPlace): string {
  const reported = summary.incidents.find((incident) => incident.report !== null);
  const config = `--config ${configFile}`;
  const report = reported === undefined ? '(none yet)' : `${command} report ${reported.id} ${config}`;
  const inBrowser = reported?.report ? `\n     in a browser: ${reported.report}` : '';
  const steps =
    url === null
      ? [`Read a report: ${report}${inBrowser}`, `Look around: ${command} incidents ${config}`]
      : [`Open the dashboard: ${url}/`, `Or stay in the terminal: ${command} incidents ${config}`];
  const own = `Describe your own clusters: ${command} init --from-kubeconfig, then ${command} run`;
  return ['Next:', ...[...steps, own].map((step, at) => `  ${at + 1}. ${step}`), ''].join('\n');
}
