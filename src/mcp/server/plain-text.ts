/**
 * A result as text for models that are shown no data: a line a field, indented by what it belongs to, and a list of flat
 * objects with the same fields as a table.
 */
export function plainText(value: unknown): string {
  return linesOf(value, '').join('\n');
}

function linesOf(value: unknown, indent: string): string[] {
  if (Array.isArray(value)) return listLines(value, indent);
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => fieldLines(key, inner, indent));
  }
  return [`${indent}${scalar(value)}`];
}

function fieldLines(key: string, value: unknown, indent: string): string[] {
  if (value === undefined) return [];
  if (isScalar(value)) return [`${indent}${key}: ${scalar(value)}`];
  const lines = linesOf(value, `${indent}  `);
  return lines.length === 0 ? [`${indent}${key}: none`] : [`${indent}${key}:`, ...lines];
}

function listLines(list: readonly unknown[], indent: string): string[] {
  if (list.every(isScalar)) return list.map((item) => `${indent}- ${scalar(item)}`);
  const columns = columnsOf(list);
  if (columns !== null) {
    const rows = (list as readonly Record<string, unknown>[]).map((item) => columns.map((key) => cell(item[key])));
    return [columns, ...rows].map((row) => `${indent}${row.join(' | ')}`);
  }
  return list.flatMap((item) => {
    const [first = '', ...rest] = linesOf(item, `${indent}  `);
    return [`${indent}- ${first.trimStart()}`, ...rest];
  });
}

/** The fields of a list of flat objects, null when it is none. */
function columnsOf(list: readonly unknown[]): string[] | null {
  const keys = new Set<string>();
  for (const item of list) {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return null;
    for (const [key, value] of Object.entries(item)) {
      if (!isFlat(value)) return null;
      if (value !== undefined) keys.add(key);
    }
  }
  return [...keys];
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function isFlat(value: unknown): boolean {
  return isScalar(value) || (Array.isArray(value) && value.every(isScalar));
}

function cell(value: unknown): string {
  return (Array.isArray(value) ? value.map(scalar).join(', ') : scalar(value)).replace(/\s*\n\s*/g, ' ');
}

function scalar(value: unknown): string {
  if (value === undefined || value === null) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
