import type { KubeObject } from '../../kube/cluster-reader.ts';
import { tableColumns } from './kube-columns.ts';
import { resourceByKind } from './resource-types.ts';

/**
 * A list as the MCP server's `resources_list` prints it: NAMESPACE (where there is one), APIVERSION, KIND, kubectl's
 * wide columns, LABELS. An empty list is an empty text. `now` in ms since the epoch.
 */
export function listTable(apiVersion: string, kind: string, items: readonly KubeObject[], now: number): string {
  if (items.length === 0) return '';
  const namespaced = resourceByKind(apiVersion, kind)?.namespaced ?? items.some((item) => item.metadata.namespace);
  const columns = tableColumns(kind);
  const header = [...(namespaced ? ['NAMESPACE'] : []), 'APIVERSION', 'KIND', ...columns.map((c) => c.name), 'LABELS'];
  const rows = items.map((item) => [
    ...(namespaced ? [item.metadata.namespace ?? ''] : []),
    item.apiVersion,
    item.kind,
    ...columns.map((column) => cellText(column.value(item, now))),
    labelText(item),
  ]);
  return align([header, ...rows]);
}

/** One line, as kubectl prints a cell. */
function cellText(value: string | number): string {
  return String(value).split('\n')[0] ?? '';
}

function labelText(item: KubeObject): string {
  const labels = Object.entries(item.metadata.labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return labels.map(([key, value]) => `${key}=${value}`).join(',') || '<none>';
}

/** Columns as wide as their widest cell, three spaces between. */
function align(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd((widths[i] ?? 0) + 3))).join('');
  return rows.map((row) => `${line(row)}\n`).join('');
}
