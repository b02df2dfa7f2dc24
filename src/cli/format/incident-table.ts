import type { Incident } from '../../domain/records.ts';
import type { IncidentDetail } from '../../domain/state-store.ts';
import { timesInZone } from '../../lib/display/local-time.ts';
import { cutDisplay } from '../../lib/display/width.ts';
import { age } from '../../lib/format.ts';
import { oneLine } from '../../lib/text.ts';
import type { CliIo } from '../context.ts';
import { causeLine } from './incident-view.ts';
import { outputStyle, outputWidth, severityStyle, type Style } from './style.ts';
import { type Column, columnsThatFit, tableLines } from './table.ts';

interface TableLooks {
  readonly now: number;
  readonly style: Style;
  /** Columns; infinite in a pipe. */
  readonly width: number;
  readonly timeZone: string;
}

export function tableLooks(
  io: Pick<CliIo, 'stdout' | 'env' | 'now' | 'timeZone'>,
  width = outputWidth(io),
): TableLooks {
  return { now: io.now(), style: outputStyle(io), width, timeZone: io.timeZone };
}

/**
 * A list of incidents: the titles of its columns, then the lines of each. From 40 columns on none is wider than the
 * terminal: a name of a cluster is cut, and what has no room for a column of its own stands before the cause.
 */
export function incidentTable(
  items: readonly IncidentDetail[],
  looks: TableLooks,
): { readonly header: string; readonly blocks: readonly (readonly string[])[] } {
  const { now, style, width, timeZone } = looks;
  const severity = (text: string, row: number): string =>
    severityStyle(style, items[row]?.incident.severity ?? 'info')(text);
  const columns: readonly Column[] = [
    { title: 'AGE' },
    { title: 'SEVERITY', paint: severity, leftOut: 2 },
    { title: 'STATUS', leftOut: 1 },
    { title: 'CLUSTER', cutTo: 8 },
    { title: 'INCIDENT' },
  ];
  const cells = items.map(({ incident }) => [
    age(incident.openedAt, now),
    incident.severity,
    incident.status,
    oneLine(incident.cluster, 63),
    oneLine(incident.title, 300),
  ]);
  const shown = columnsThatFit(columns, cells, width);
  const picked = <T>(all: readonly T[]): T[] => all.filter((_, index) => shown.includes(index));
  const [header = '', ...rows] = tableLines(picked(columns), cells.map(picked), width);
  const blocks = items.map(({ incident }, index) => {
    const below = (cells[index] ?? []).filter((_, column) => !shown.includes(column));
    return [
      rows[index] ?? '',
      cutDisplay(`     ${[...below, timesInZone(causeLine(incident, 600), timeZone)].join(' · ')}`, width),
      style.dim(cutDisplay(`     ${idLine(incident)}`, width)),
    ];
  });
  return { header: style.dim(header), blocks };
}

function idLine({ id, acknowledged }: Incident): string {
  return `${id}${acknowledged ? ` · acknowledged by ${oneLine(acknowledged.by, 100)}` : ''}`;
}
