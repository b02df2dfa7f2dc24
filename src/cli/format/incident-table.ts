import type { Incident } from '../../domain/records.ts';
import type { IncidentDetail } from '../../domain/state-store.ts';
import { cutDisplay } from '../../lib/display/width.ts';
import { age } from '../../lib/format.ts';
import { oneLine } from '../../lib/text.ts';
import type { CliIo } from '../context.ts';
import { causeLine } from './incident-view.ts';
import { outputStyle, outputWidth, severityStyle, type Style } from './style.ts';
import { tableLines } from './table.ts';

interface TableLooks {
  readonly now: number;
  readonly style: Style;
  /** Columns; infinite in a pipe. */
  readonly width: number;
}

export function tableLooks(io: Pick<CliIo, 'stdout' | 'env' | 'now'>): TableLooks {
  return { now: io.now(), style: outputStyle(io), width: outputWidth(io) };
}

/** A list of incidents: the titles of its columns, then the lines of each, none wider than the terminal. */
export function incidentTable(
  items: readonly IncidentDetail[],
  looks: TableLooks,
): { readonly header: string; readonly blocks: readonly (readonly string[])[] } {
  const { now, style, width } = looks;
  const severity = (text: string, row: number): string =>
    severityStyle(style, items[row]?.incident.severity ?? 'info')(text);
  const [header = '', ...rows] = tableLines(
    [
      { title: 'AGE' },
      { title: 'SEVERITY', paint: severity },
      { title: 'STATUS' },
      { title: 'CLUSTER' },
      { title: 'INCIDENT' },
    ],
    items.map(({ incident }) => [
      age(incident.openedAt, now),
      incident.severity,
      incident.status,
      oneLine(incident.cluster, 63),
      oneLine(incident.title, 300),
    ]),
    width,
  );
  const blocks = items.map(({ incident }, index) => [
    rows[index] ?? '',
    cutDisplay(`     ${causeLine(incident, 600)}`, width),
    style.dim(cutDisplay(`     ${idLine(incident)}`, width)),
  ]);
  return { header: style.dim(header), blocks };
}

function idLine({ id, acknowledged }: Incident): string {
  return `${id}${acknowledged ? ` · acknowledged by ${oneLine(acknowledged.by, 100)}` : ''}`;
}
