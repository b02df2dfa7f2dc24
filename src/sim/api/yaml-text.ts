const lineWidth = 80;

/**
 * YAML text as the Go servers print it (sigs.k8s.io/yaml): keys sorted, sequences at the indent of their key, long plain
 * and single-quoted texts folded at 80 columns. Reading it back with any YAML parser gives the same value.
 */
export function yamlText(value: unknown): string {
  if (isEmptyCollection(value) || !isCollection(value)) return `${scalarOrEmpty(value, 0, 0)}\n`;
  return block(value, 0).join('\n') + '\n';
}

type Collection = readonly unknown[] | Readonly<Record<string, unknown>>;

function block(value: Collection, indent: number): string[] {
  return Array.isArray(value)
    ? value.flatMap((item) => sequenceItem(item, indent))
    : Object.entries(value)
        .filter(([, entry]) => entry !== undefined)
        .sort(([a], [b]) => naturalOrder(a, b))
        .flatMap(([key, entry]) => mappingEntry(key, entry, indent));
}

function sequenceItem(item: unknown, indent: number): string[] {
  const pad = ' '.repeat(indent);
  if (!isCollection(item) || isEmptyCollection(item)) {
    return [`${pad}- ${scalarOrEmpty(item, indent + 2, indent + 2)}`];
  }
  const [first = '', ...rest] = block(item, indent + 2);
  return [`${pad}- ${first.slice(indent + 2)}`, ...rest];
}

function mappingEntry(key: string, value: unknown, indent: number): string[] {
  const head = `${' '.repeat(indent)}${scalar(key, 0, 0)}:`;
  if (isCollection(value) && !isEmptyCollection(value)) {
    return [head, ...block(value, Array.isArray(value) ? indent : indent + 2)];
  }
  return [`${head} ${scalarOrEmpty(value, indent + 2, head.length + 1)}`];
}

function scalarOrEmpty(value: unknown, indent: number, column: number): string {
  if (Array.isArray(value)) return '[]';
  if (isCollection(value)) return '{}';
  return scalar(value, indent, column);
}

function scalar(value: unknown, indent: number, column: number): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value !== 'string') return JSON.stringify(value);
  if (value === '' || resolvesToOtherType(value)) return JSON.stringify(value);
  if (needsDoubleQuotes(value)) return JSON.stringify(value);
  if (value.includes('\n')) {
    return / (\n|$)/.test(value) ? JSON.stringify(value) : literal(value, indent);
  }
  if (isPlain(value)) return fold(value, indent, column);
  return `'${fold(value.replaceAll("'", "''"), indent, column + 1)}'`;
}

/** `|` with the chomping that keeps the value exact. */
function literal(value: string, indent: number): string {
  const chomping = value.endsWith('\n') ? (value.endsWith('\n\n') || value === '\n' ? '+' : '') : '-';
  const hint = /^[ \n]/.test(value) ? '2' : '';
  const body = value.replace(/\n$/, '').split('\n');
  return `|${hint}${chomping}\n${body.map((line) => (line === '' ? '' : ' '.repeat(indent) + line)).join('\n')}`;
}

/** Breaks at the first single space beyond the width, as the emitter of Go does. */
function fold(text: string, indent: number, column: number): string {
  let out = '';
  let at = column;
  for (let i = 0; i < text.length; i += 1) {
    const single = text[i] === ' ' && text[i - 1] !== ' ' && text[i + 1] !== ' ' && i > 0 && i < text.length - 1;
    if (single && at > lineWidth) {
      out += `\n${' '.repeat(indent)}`;
      at = indent;
    } else {
      out += text[i];
      at += 1;
    }
  }
  return out;
}

function isPlain(text: string): boolean {
  if (/^[\s#,[\]{}&*!|>'"%@`]|\s$/.test(text) || /^([?:-](\s|$)|---|\.\.\.)/.test(text)) return false;
  return !/:(\s|$)|\s#/.test(text);
}

function needsDoubleQuotes(text: string): boolean {
  return new RegExp('[\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f\\ufeff\\u2028\\u2029]').test(text);
}

const otherTypes = [
  /^(~|null|Null|NULL|<<|y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/,
  /^(true|True|TRUE|false|False|FALSE)$/,
  /^[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$/,
  /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/,
  /^[-+]?(\.inf|\.Inf|\.INF)$|^(\.nan|\.NaN|\.NAN)$/,
  /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/,
  /^\d{4}-\d{1,2}-\d{1,2}([Tt ]\s*\d{1,2}:\d{1,2}:\d{1,2}(\.\d*)?(Z|[-+]\d\d?(:?\d\d)?)?)?$/,
];

function resolvesToOtherType(text: string): boolean {
  return otherTypes.some((pattern) => pattern.test(text));
}

/** The key order of Go's YAML: digits by value, letters after other characters, else by code point. */
function naturalOrder(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    if (a[i] === b[i]) continue;
    const [restA, restB] = [/^\d+/.exec(a.slice(i)), /^\d+/.exec(b.slice(i))];
    if (restA && restB) return Number(restA[0]) - Number(restB[0]) || (a < b ? -1 : 1);
    const [letterA, letterB] = [/\p{L}/u.test(a[i] ?? ''), /\p{L}/u.test(b[i] ?? '')];
    if (letterA !== letterB) return letterA ? 1 : -1;
    return (a[i] ?? '') < (b[i] ?? '') ? -1 : 1;
  }
  return a.length - b.length;
}

function isCollection(value: unknown): value is Collection {
  return typeof value === 'object' && value !== null;
}

function isEmptyCollection(value: unknown): boolean {
  return isCollection(value) && Object.keys(value).length === 0;
}
