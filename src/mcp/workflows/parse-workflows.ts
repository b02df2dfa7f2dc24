import { cellsOf, headingOf, isDelimiter, type MarkdownLine, markdownLines, plainWords } from './markdown-lines.ts';
import { partsOf, type WorkflowParts } from './workflow-section.ts';

export const workflowStatuses = ['active', 'draft'] as const;
export type WorkflowStatus = (typeof workflowStatuses)[number];

/** A workflow of a registry file (docs/workflows.md). */
export interface Workflow extends WorkflowParts {
  /** `MW-001`. */
  readonly id: string;
  readonly name: string;
  readonly trigger: string;
  readonly status: WorkflowStatus;
  /** Its section as it stands in the file, '' when there is none. */
  readonly section: string;
}

/** What is wrong in a registry; the rest of it is used all the same. */
export const findingCodes = [
  'file_unreadable',
  'no_registry',
  'missing_column',
  'invalid_id',
  'missing_name',
  'duplicate_id',
  'unknown_status',
  'missing_section',
  'missing_steps',
  'not_registered',
] as const;
export type FindingCode = (typeof findingCodes)[number];

export interface Finding {
  readonly code: FindingCode;
  readonly message: string;
  /** Of the file, the first is 1; null when it is about none. */
  readonly line: number | null;
  readonly id: string | null;
}

export interface ParsedWorkflows {
  /** In the order of the registry, each id once. */
  readonly workflows: readonly Workflow[];
  readonly findings: readonly Finding[];
}

const idForm = /^MW-\d{3}$/;

/**
 * Reads a registry of workflows: a table with the columns ID, Name, Trigger and Status in any order, and a section for
 * each id. What is wrong is a finding, and never keeps the rest from being read. Takes time linear in the text.
 */
export function parseWorkflows(text: string): ParsedWorkflows {
  const lines = markdownLines(text);
  const findings: Finding[] = [];
  const rows = registryRows(lines, findings);
  const sections = sectionsOf(lines, findings);
  const workflows = new Map<string, Workflow>();
  for (const row of rows) {
    const { id, line } = row;
    if (workflows.has(id)) {
      findings.push({ code: 'duplicate_id', message: `${id} is registered twice: the first row counts`, line, id });
      continue;
    }
    const section = sections.get(id);
    const workflow = workflowOf(row, section, text);
    workflows.set(id, workflow);
    if (section === undefined)
      findings.push({
        code: 'missing_section',
        message: `${id} has no section: a heading that begins with its id`,
        line,
        id,
      });
    else if (workflow.steps === '')
      findings.push({
        code: 'missing_steps',
        message: `the section of ${id} has no part Steps`,
        line: section.line,
        id,
      });
  }
  for (const [id, { line }] of sections) {
    if (!workflows.has(id))
      findings.push({ code: 'not_registered', message: `${id} has a section and no row in the registry`, line, id });
  }
  return { workflows: [...workflows.values()], findings: findings.toSorted(byLine) };
}

const byLine = (a: Finding, b: Finding): number => (a.line ?? 0) - (b.line ?? 0);

interface Row extends Pick<Workflow, 'id' | 'name' | 'trigger' | 'status'> {
  readonly line: number;
}

type Column = 'id' | 'name' | 'trigger' | 'status';

const columnNames: readonly (readonly [Column, RegExp])[] = [
  ['id', /^(?:workflow )?id$/],
  ['name', /^(?:name|workflow|workflow name)$/],
  ['trigger', /^triggers?(?: phrases?)?$/],
  ['status', /^(?:status|state)$/],
];

/** The rows of every table that has the columns of a registry. */
function registryRows(lines: readonly MarkdownLine[], findings: Finding[]): Row[] {
  const rows: Row[] = [];
  let columns: ReadonlyMap<Column, number> | null = null;
  let found = false;
  for (const [at, line] of lines.entries()) {
    const cells = cellsOf(line);
    if (cells === null) {
      columns = null;
    } else if (columns !== null) {
      const row = isDelimiter(cells) ? null : rowOf(cells, columns, at + 1, findings);
      if (row !== null) rows.push(row);
    } else if (isDelimiter(cellsOf(lines[at + 1] ?? line) ?? [])) {
      columns = registryColumns(cells);
      found ||= columns !== null;
      if (columns !== null) missingColumns(columns, at + 1, findings);
    }
  }
  if (!found) {
    const message = 'there is no table with the columns ID, Name, Trigger and Status';
    findings.push({ code: 'no_registry', message, line: null, id: null });
  }
  return rows;
}

/** Where the columns are; null for another table: a registry has ids and at least two of the others. */
function registryColumns(header: readonly string[]): ReadonlyMap<Column, number> | null {
  const titles = header.map((cell) => plainWords(cell, 60).toLowerCase());
  const columns = new Map<Column, number>();
  for (const [column, pattern] of columnNames) {
    const at = titles.findIndex((title) => pattern.test(title));
    if (at !== -1) columns.set(column, at);
  }
  return columns.has('id') && columns.size >= 3 ? columns : null;
}

function missingColumns(columns: ReadonlyMap<Column, number>, line: number, findings: Finding[]): void {
  for (const [column] of columnNames) {
    if (columns.has(column)) continue;
    findings.push({ code: 'missing_column', message: `the registry has no column ${column}`, line, id: null });
  }
}

function rowOf(
  cells: readonly string[],
  columns: ReadonlyMap<Column, number>,
  line: number,
  findings: Finding[],
): Row | null {
  const cell = (column: Column, max: number): string => plainWords(cells[columns.get(column) ?? -1] ?? '', max);
  const id = cell('id', 40).toUpperCase();
  if (!idForm.test(id)) {
    const message = `"${id}" is no id of a workflow: MW- and three digits, such as MW-001`;
    findings.push({ code: 'invalid_id', message, line, id: null });
    return null;
  }
  const name = cell('name', 200);
  if (name === '' && columns.has('name'))
    findings.push({ code: 'missing_name', message: `${id} has no name`, line, id });
  const written = cell('status', 60);
  const status = statusOf(written);
  if (status === null && columns.has('status')) {
    const message = `${id} has the status "${written}": it is taken for a draft; known are ${workflowStatuses.join(', ')}`;
    findings.push({ code: 'unknown_status', message, line, id });
  }
  return { id, name: name || id, trigger: cell('trigger', 300), status: status ?? 'draft', line };
}

/** The first word counts: `✅ Active (since May)` is active. */
function statusOf(text: string): WorkflowStatus | null {
  const word = /[a-z]+/.exec(text.toLowerCase())?.[0];
  return workflowStatuses.find((status) => status === word) ?? null;
}

interface Section {
  /** Of its heading. */
  readonly line: number;
  readonly lines: readonly MarkdownLine[];
}

/** The sections whose heading begins with an id, each until the next heading of its level or above. */
function sectionsOf(lines: readonly MarkdownLine[], findings: Finding[]): ReadonlyMap<string, Section> {
  const headings = lines.flatMap((line, at) => {
    const heading = headingOf(line);
    return heading === null ? [] : [{ ...heading, at }];
  });
  const sections = new Map<string, Section>();
  for (const [index, { title, level, at }] of headings.entries()) {
    const id = idIn(title);
    if (id === null) continue;
    if (sections.has(id)) {
      findings.push({ code: 'duplicate_id', message: `${id} has two sections: the first counts`, line: at + 1, id });
      continue;
    }
    let next = index + 1;
    while ((headings[next]?.level ?? 0) > level) next += 1;
    sections.set(id, { line: at + 1, lines: lines.slice(at, headings[next]?.at) });
  }
  return sections;
}

/** The id with which a heading begins: `MW-001: Name`, `1. MW-001 Name`, `[MW-001] Name`. */
function idIn(title: string): string | null {
  const id = /^(?:\d{1,3}[.)] +)?(?:workflow +)?[^\p{L}\p{N}]{0,4}(MW-\d{3})(?!\d)/iu.exec(title)?.[1];
  return id?.toUpperCase() ?? null;
}

function workflowOf({ line: _line, ...row }: Row, section: Section | undefined, text: string): Workflow {
  const [heading, ...rest] = section?.lines ?? [];
  const parts = partsOf(rest);
  const phrases = parts.phrases.length > 0 || row.trigger === '' ? parts.phrases : [row.trigger];
  const whole = heading === undefined ? '' : text.slice(heading.start, section?.lines.at(-1)?.end);
  return { ...row, ...parts, phrases, section: whole };
}
