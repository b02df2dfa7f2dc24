import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseWorkflows } from '../../../src/mcp/workflows/parse-workflows.ts';
import { shippedWorkflows } from '../../../src/mcp/workflows/workflow-files.ts';

const registry = readFileSync(path.join(import.meta.dirname, 'META-WORKFLOWS.md'), 'utf8');

/** A registry with these rows, each a line, and a section with steps for each id. */
function registryWith(rows: readonly string[], ids: readonly string[] = []): string {
  const sections = ids.map((id) => `## ${id}\n\n### Steps\n\n1. Look.\n`);
  return ['| ID | Name | Trigger | Status |', '|---|---|---|---|', ...rows, '', ...sections].join('\n');
}

const codes = (text: string) => parseWorkflows(text).findings.map(({ code, line, id }) => [code, line, id]);

describe('WFL-1: the registry is read', () => {
  const { workflows, findings } = parseWorkflows(registry);
  const [first, , third] = workflows;

  test('seven workflows, five active and two drafts, with id, name and trigger', () => {
    expect(findings).toEqual([]);
    expect(workflows.map(({ id, name, trigger, status }) => [id, name, trigger, status])).toEqual([
      ['MW-001', 'Thread Ending Summary', 'This thread is ending', 'active'],
      ['MW-002', 'New MCP Tool Development', 'Create new MCP tool', 'active'],
      ['MW-003', 'Incident Handover', 'Hand the incident over', 'active'],
      ['MW-004', 'Deploy MCP Changes', 'Deploy MCP changes', 'active'],
      ['MW-005', 'Create New Meta-Workflow', 'Create new meta-workflow', 'active'],
      ['MW-006', 'Weekly Capacity Review', 'Review the capacity', 'draft'],
      ['MW-007', 'Retire a Cluster', 'Retire the cluster', 'draft'],
    ]);
  });

  test('each section as it stands, and what is in a block of code is no section', () => {
    expect(first?.section.startsWith('## MW-001: Thread Ending Summary\n')).toBe(true);
    expect(first?.section).toContain('## MW-999: this heading is part of an example');
    expect(first?.section).not.toContain('MW-002');
    expect(registry.endsWith(workflows.map(({ section }) => section).join(''))).toBe(true);
  });

  test('the parts of a section, under headings and under bold labels', () => {
    expect(first).toMatchObject({
      phrases: ['This thread is ending', 'We are done here', 'Close this conversation with a summary'],
      rules: expect.stringMatching(/^- "Summarise the thread" .*begin\.$/s),
      steps: expect.stringMatching(/^1\. List what was asked .*\n5\. Offer the first sentence of the next thread\.$/s),
      example: expect.stringMatching(/^```text\n## Summary.*```$/s),
    });
    expect(third).toMatchObject({
      phrases: ['Hand the incident over', 'I hand over to the next shift'],
      steps: '1. Read the incident and its report.\n2. Say what is known, what was tried, and what is next.',
      inputs: [
        { name: 'incident', description: 'id of the incident', required: true, values: [] },
        { name: 'cluster', description: 'where it is', required: false, values: [] },
        {
          name: 'form',
          description: 'how long it is to be; one of short, full',
          required: false,
          values: ['short', 'full'],
        },
      ],
    });
  });

  test.each([
    ['| Status | Trigger | Owner | Name | ID |', '| draft | say it | us | One | MW-010 |'],
    ['Name | ID | Status | Trigger', 'One | MW-010 | Draft | say it'],
    [
      '| **Workflow ID** | Workflow | Trigger phrases | State |',
      '| `mw-010` | **One** | “say it” | 🚧 Draft (since May) |',
    ],
    ['| id | name | trigger | status |', '| [MW-010](#mw-010) | [One](#mw-010) | "say it" | _draft_ |'],
  ])('in any order of its columns: %s', (header, row) => {
    const cells = header.split('|').filter((cell) => cell.trim() !== '');
    const text = [header, cells.map(() => '---').join('|'), row, '', '## MW-010', '**Steps**', '1. x', ''];
    for (const ending of ['\n', '\r\n']) {
      const parsed = parseWorkflows(text.join(ending));
      expect(parsed.findings).toEqual([]);
      expect(parsed.workflows).toMatchObject([
        { id: 'MW-010', name: 'One', trigger: 'say it', status: 'draft', steps: '1. x', phrases: ['say it'] },
      ]);
    }
  });

  test('a pipe in a cell, several tables, and tables of other things', () => {
    const text = [
      '| Date | Change |\n|---|---|\n| May | MW-777 |\n',
      registryWith(['| MW-010 | a \\| b | x | active |']),
      registryWith(['| MW-011 | c | x | draft |'], ['MW-010', 'MW-011']),
    ].join('\n');
    const parsed = parseWorkflows(text);
    expect(parsed.findings).toEqual([]);
    expect(parsed.workflows.map(({ id, name }) => [id, name])).toEqual([
      ['MW-010', 'a | b'],
      ['MW-011', 'c'],
    ]);
  });

  test('a comment holds no workflow, a deeper heading with an id begins none of its own section', () => {
    const text = registryWith(['| MW-010 | a | x | active |'], ['MW-010']);
    const parsed = parseWorkflows(`<!--\n## MW-123\n-->\n${text}#### Not as in MW-002\n\nmore\n`);
    expect(parsed.findings).toEqual([]);
    expect(parsed.workflows[0]?.steps).toBe('1. Look.\n#### Not as in MW-002\n\nmore');
  });
});

describe('WFL-4: what is wrong in a registry is a finding, and the rest is used', () => {
  test.each<[string, string, unknown[]]>([
    ['no table', '# Just text\n', [['no_registry', null, null]]],
    ['an empty file', '', [['no_registry', null, null]]],
    ['a table without status', '| ID | Name | Trigger |\n|-|-|-|\n', [['missing_column', 1, null]]],
    [
      'ids that are none',
      registryWith([
        '| MW-1 | a | x | active |',
        '| 7 | a | x | active |',
        '| MW-0001 | a | x | active |',
        '|  | a | x | active |',
      ]),
      [3, 4, 5, 6].map((line) => ['invalid_id', line, null]),
    ],
    [
      'an id twice',
      registryWith(['| MW-010 | a | x | active |', '| MW-010 | b | x | draft |'], ['MW-010']),
      [['duplicate_id', 4, 'MW-010']],
    ],
    [
      'a section twice',
      registryWith(['| MW-010 | a | x | active |'], ['MW-010', 'MW-010']),
      [['duplicate_id', 11, 'MW-010']],
    ],
    [
      'an unknown status',
      registryWith(['| MW-010 | a | x | retired |'], ['MW-010']),
      [['unknown_status', 3, 'MW-010']],
    ],
    ['no name', registryWith(['| MW-010 |  | x | active |'], ['MW-010']), [['missing_name', 3, 'MW-010']]],
    ['no section', registryWith(['| MW-010 | a | x | active |']), [['missing_section', 3, 'MW-010']]],
    [
      'a section without steps',
      `${registryWith(['| MW-010 | a | x | active |'])}\n## MW-010\n`,
      [['missing_steps', 5, 'MW-010']],
    ],
    [
      'a section without a row',
      registryWith(['| MW-010 | a | x | active |'], ['MW-010', 'MW-011']),
      [['not_registered', 11, 'MW-011']],
    ],
    ['a row that ends early', registryWith(['| MW-010 | a'], ['MW-010']), [['unknown_status', 3, 'MW-010']]],
    [
      'a block of code without an end',
      `${registryWith(['| MW-010 | a | x | active |'])}\n\`\`\`\n## MW-010\n`,
      [['missing_section', 3, 'MW-010']],
    ],
  ])('%s', (_name, text, expected) => {
    expect(codes(text)).toEqual(expected);
  });

  test('an unknown status counts as a draft, and of duplicates the first counts', () => {
    const rows = ['| MW-010 | a | x | retired |', '| MW-011 | b | x | active |', '| MW-011 | c | x | draft |'];
    const { workflows, findings } = parseWorkflows(registryWith(rows, ['MW-010', 'MW-011']));
    expect(workflows.map(({ name, status }) => [name, status])).toEqual([
      ['a', 'draft'],
      ['b', 'active'],
    ]);
    expect(findings[0]?.message).toBe(
      'MW-010 has the status "retired": it is taken for a draft; known are active, draft',
    );
  });

  test('no text makes it throw, and each id comes once', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '|',
        '\n',
        '\r\n',
        '---',
        '# ',
        '## MW-001',
        'MW-002',
        '```',
        '<!--',
        '-->',
        '**Steps:**',
        '- `a`: one of `b`',
      ),
      fc.constantFrom(
        '| ID | Name | Trigger | Status |\n|-|-|-|-|\n',
        '| MW-001 | a | b | active |\n',
        '\\|',
        '\u0000',
        '\ufeff',
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const { workflows } = parseWorkflows(pieces.join(''));
        expect(new Set(workflows.map(({ id }) => id)).size).toBe(workflows.length);
        expect(workflows.every(({ id, section }) => /^MW-\d{3}$/.test(id) && pieces.join('').includes(section))).toBe(
          true,
        );
      }),
      { numRuns: 500 },
    );
  });
});

test('WFL-1: the workflows that come with the program have nothing wrong, and ids that are kept for them', () => {
  const { workflows, findings } = parseWorkflows(readFileSync(shippedWorkflows, 'utf8'));
  expect(findings).toEqual([]);
  expect(workflows.length).toBeGreaterThan(2);
  expect(workflows.every(({ id, status }) => id >= 'MW-900' && status === 'active')).toBe(true);
  expect(workflows.every(({ rules, example, phrases }) => rules !== '' && example !== '' && phrases.length > 0)).toBe(
    true,
  );
});
