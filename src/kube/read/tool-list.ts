import type { ToolResult } from '../../domain/ports.ts';
import { type KubeObject, ReadError, toObject } from '../cluster-reader.ts';
import { parseYamlAnswer } from './yaml-answer.ts';

/** One row of a list that shows columns instead of objects. Column names are in lower case, as kubectl heads them. */
export interface Row {
  readonly namespace: string | null;
  readonly name: string;
  readonly columns: Readonly<Record<string, string>>;
}

/** The forms in which MCP servers answer a list (docs/mcp-servers.md): rows only pick what to read. */
export type ToolList = (
  | { readonly form: 'objects'; readonly objects: readonly KubeObject[] }
  | { readonly form: 'rows'; readonly rows: readonly Row[] }
) & {
  /** How the server says that there is more than it gave: a page, a limit. */
  readonly more?: string;
};

/** @throws ReadError `invalid` when the answer has none of the known forms; as `parseYamlAnswer` */
export async function parseToolList(
  result: ToolResult,
  apiVersion: string,
  kind: string,
  signal: AbortSignal,
): Promise<ToolList> {
  const structured = structuredItems(result.structured);
  if (structured) {
    const list = fromItems(structured, apiVersion, kind);
    return withMore(list, saysMore(result.structured) ?? noticeOf(result.text));
  }
  const text = result.text.trimStart();
  if (text === '') return { form: 'objects', objects: [] };
  if (/^(\[|- |apiVersion:|items:|kind:|\{)/.test(text)) {
    const value = await parseYamlAnswer(text, signal);
    return withMore(fromItems(yamlItems(value), apiVersion, kind), saysMore(value));
  }
  const notice = noticeOf(result.text);
  const rows = parseTable(notice === undefined ? result.text : result.text.replace(notice, ''));
  if (rows.length === 0 && !/(^|\s)NAME(\s|$)/.test(text.split('\n', 1)[0] ?? '')) {
    throw new ReadError('invalid', 'the answer is neither a list of objects nor a table');
  }
  return withMore({ form: 'rows', rows: rows.flatMap((columns) => toRow(columns) ?? []) }, notice);
}

function withMore(list: ToolList, more: string | undefined): ToolList {
  return more === undefined ? list : { ...list, more };
}

/** The API's own signs of a page that is not the last, and those that servers add. */
function saysMore(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { metadata, ...rest } = value as Record<string, unknown>;
  const fields = { ...rest, ...(typeof metadata === 'object' ? metadata : {}) } as Record<string, unknown>;
  const token = ['continue', 'nextCursor', 'nextPageToken'].find(
    (key) => typeof fields[key] === 'string' && fields[key] !== '',
  );
  const count = Number(fields['remainingItemCount']) > 0 ? 'remainingItemCount' : undefined;
  return token ?? count ?? ['truncated', 'hasMore'].find((key) => fields[key] === true);
}

const cutWords =
  /truncated|omitted|not shown|showing (the )?(first |only )?\d+|\d+ more|more (items|rows|results|objects)/i;

/** A last line of a table that is no row and says that rows are missing. */
function noticeOf(text: string): string | undefined {
  const lines = text.trimEnd().split('\n');
  const last = lines.at(-1) ?? '';
  // A row has the columns of the table, which are parted by two spaces or more.
  return lines.length > 1 && cutWords.test(last) && !/\S {2,}\S/.test(last.trim()) ? last : undefined;
}

/** The object of a `resources_get` answer. @throws ReadError `invalid`; as `parseYamlAnswer` */
export async function parseToolObject(
  result: ToolResult,
  apiVersion: string,
  kind: string,
  signal: AbortSignal,
): Promise<KubeObject> {
  const object =
    toObject(result.structured, apiVersion, kind) ??
    toObject(await parseYamlAnswer(result.text, signal), apiVersion, kind);
  if (!object) throw new ReadError('invalid', 'the answer is no Kubernetes object');
  return object;
}

function structuredItems(structured: unknown): readonly unknown[] | null {
  if (Array.isArray(structured)) return structured;
  if (typeof structured !== 'object' || structured === null) return null;
  const items = (structured as Record<string, unknown>)['items'];
  return Array.isArray(items) ? items : null;
}

function yamlItems(value: unknown): readonly unknown[] {
  const items = structuredItems(value);
  if (!items) throw new ReadError('invalid', 'the answer is YAML, but no list');
  return items;
}

function fromItems(items: readonly unknown[], apiVersion: string, kind: string): ToolList {
  const objects = items.flatMap((item) => toObject(item, apiVersion, kind) ?? []);
  if (objects.length > 0 || items.length === 0) return { form: 'objects', objects };
  return { form: 'rows', rows: items.flatMap((item) => toRow(lowerKeys(item)) ?? []) };
}

function lowerKeys(item: unknown): Record<string, string> {
  if (typeof item !== 'object' || item === null) return {};
  return Object.fromEntries(
    Object.entries(item).flatMap(([key, value]) =>
      typeof value === 'string' || typeof value === 'number' ? [[key.toLowerCase(), String(value)]] : [],
    ),
  );
}

function toRow(columns: Record<string, string>): Row | null {
  const name = columns['name'];
  return name ? { namespace: columns['namespace'] || null, name, columns } : null;
}

/**
 * The rows of a printed table (kubectl's form): columns begin where their header begins and are parted by at least two
 * spaces. Keys are the headers in lower case. Empty when the text is no such table.
 */
export function parseTable(text: string): Record<string, string>[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const header = lines[0];
  if (header === undefined || !/(^|\s)NAME(\s|$)/.test(header)) return [];
  const columns = columnsOf(header);
  return lines.slice(1).map((line) => {
    // Columns are aligned by characters, not by UTF-16 units.
    const characters = isAscii(line) ? line : [...line];
    const row: Record<string, string> = {};
    for (const [index, column] of columns.entries()) {
      const cell = characters.slice(column.start, columns[index + 1]?.start);
      row[column.name] = (typeof cell === 'string' ? cell : cell.join('')).trim();
    }
    return row;
  });
}

function columnsOf(header: string): { name: string; start: number }[] {
  return [...header.matchAll(/\S+(?: \S+)*/g)].map((match) => ({ name: match[0].toLowerCase(), start: match.index }));
}

function isAscii(text: string): boolean {
  return !/[^\u0000-\u007f]/.test(text);
}
