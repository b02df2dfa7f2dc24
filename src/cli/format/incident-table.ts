import type { Incident } from '../../domain/records.ts';
import type { IncidentDetail } from '../../domain/state-store.ts';
import { timesInZone } from '../../lib/display/local-time.ts';
import { type Column, formatTable, hangBelow } from '../../lib/display/table.ts';
import { cutDisplay } from '../../lib/display/width.ts';
import { age } from '../../lib/format.ts';
import { oneLine } from '../../lib/text.ts';
import type { CliIo } from '../context.ts';
import { causeLine } from './incident-view.ts';
import { outputStyle, outputWidth, severityStyle, type Style } from './style.ts';

interface TableLooks {
  readonly now: number;
  readonly style: Style;
  /** Columns; infinite in a pipe. */
  readonly width: number;
  readonly timeZone: string;
  /** Whether a fact has one line, cut at the end, as a screen has it. */
  readonly cut: boolean;
}

/** `screen`: the columns of a screen that is drawn, where lines are cut. */
export function tableLooks(io: Pick<CliIo, 'stdout' | 'env' | 'now' | 'timeZone'>, screen?: number): TableLooks {
  const { now, timeZone } = io;
  return {
    now: now(),
    style: outputStyle(io),
    width: screen ?? outputWidth(io),
    timeZone,
    cut: screen !== undefined,
  };
}

/**
 * A list of incidents: the titles of its columns, then the lines of each. What has no room for a column of its own stands
 * before the cause. Nothing is cut, except for a screen.
 */
export function incidentTable(
  items: readonly IncidentDetail[],
  looks: TableLooks,
): { readonly header: string; readonly blocks: readonly (readonly string[])[] } {
  const { now, style, width, timeZone, cut } = looks;
  const severity = (text: string, row: number): string =>
    severityStyle(style, items[row]?.incident.severity ?? 'info')(text);
  const columns: readonly Column[] = [
    { title: 'AGE' },
    { title: 'SEVERITY', label: '', goesBelow: 2, paint: severity },
    { title: 'STATUS', label: '', goesBelow: 1 },
    { title: 'CLUSTER', label: '', goesBelow: 3 },
    { title: 'INCIDENT', label: '' },
  ];
  const cells = items.map(({ incident }) => [
    age(incident.openedAt, now),
    incident.severity,
    incident.status,
    oneLine(incident.cluster),
    oneLine(incident.title),
  ]);
  const { header, rows } = formatTable(columns, cells, { width, cut });
  const below = (text: string): string[] => (cut ? [cutDisplay(`     ${text}`, width)] : hangBelow(text, width));
  const blocks = items.map(({ incident }, index) => {
    const facts = [rows[index]?.below ?? '', timesInZone(causeLine(incident), timeZone)];
    return [
      ...(rows[index]?.lines ?? []),
      ...below(facts.filter((fact) => fact !== '').join(' · ')),
      ...below(idLine(incident)).map((line) => style.dim(line)),
    ];
  });
  return { header: style.dim(header), blocks };
}

function idLine({ id, acknowledged }: Incident): string {
  return `${id}${acknowledged ? ` · acknowledged by ${oneLine(acknowledged.by)}` : ''}`;
}
