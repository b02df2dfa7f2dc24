import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Prompt, Resource } from '../../../src/mcp/tool.ts';
import { WorkflowFiles } from '../../../src/mcp/workflows/workflow-files.ts';
import { workflowsToolset } from '../../../src/mcp/workflows/workflows-toolset.ts';
import { callTool, toolCall } from '../../support/call-tool.ts';
import { tempDir } from '../../support/temp-dir.ts';

const registry = readFileSync(path.join(import.meta.dirname, 'META-WORKFLOWS.md'), 'utf8');

/** The toolset over files of a folder, beside one that no caller may read. */
function workflows(contents: Readonly<Record<string, string | Buffer>> = { 'META-WORKFLOWS.md': registry }) {
  const dir = tempDir({ 'secret.md': 'canary' });
  for (const [name, content] of Object.entries(contents)) writeFileSync(path.join(dir, name), content);
  const paths = Object.keys(contents).map((name) => path.join(dir, name));
  const files = new WorkflowFiles({ paths: () => paths, onChange: () => {}, now: () => Date.now() });
  const parts = workflowsToolset({ files, clusterNames: () => ['prod-eu', 'prod-us', 'test'] });
  return {
    dir,
    paths,
    tools: parts.tools,
    resources: parts.resources ?? (() => []),
    prompts: parts.prompts ?? (() => []),
  };
}

const read = (
  resources: readonly Resource[],
  uri: string,
  values: Record<string, string> = {},
): Promise<string | null> =>
  resources.find((one) => one.uri === uri)?.read(values, toolCall()) ?? Promise.reject(new Error(`no resource ${uri}`));

function prompt(prompts: readonly Prompt[], name: string): Prompt {
  const found = prompts.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no prompt ${name}`);
  return found;
}

describe('list_meta_workflows', () => {
  test('WFL-1: gives the seven of a registry, five active and two drafts, each with its address', async () => {
    const { tools } = workflows();
    const result = await callTool(tools, 'list_meta_workflows');
    expect(result).toMatchObject({ available: true, count: 7, findings: [] });
    const listed = result['workflows'] as { id: string; name: string; status: string; uri: string; trigger: string }[];
    expect(listed.filter(({ status }) => status === 'active')).toHaveLength(5);
    expect(listed.filter(({ status }) => status === 'draft')).toHaveLength(2);
    expect(listed[0]).toMatchObject({
      id: 'MW-001',
      name: 'Thread Ending Summary',
      trigger: 'This thread is ending',
      uri: 'workflow://meta-workflows/MW-001',
    });
  });

  test.each([
    [{ status: 'draft' }, ['MW-006', 'MW-007']],
    [{ query: 'new mcp' }, ['MW-002']],
    [{ query: 'DONE here' }, ['MW-001']],
    [{ query: 'mw-00', status: 'active' }, ['MW-001', 'MW-002', 'MW-003', 'MW-004', 'MW-005']],
    [{ query: 'nothing of the kind' }, []],
  ])('filters by %j', async (args, ids) => {
    const { tools } = workflows();
    const result = await callTool(tools, 'list_meta_workflows', args);
    expect((result['workflows'] as { id: string }[]).map(({ id }) => id)).toEqual(ids);
    expect(result['count']).toBe(ids.length);
  });

  test('WFL-4: says what is wrong, and why there is nothing when there is nothing', async () => {
    const { tools } = workflows({ 'a.md': registry.replace('Draft', 'Resting') });
    expect(await callTool(tools, 'list_meta_workflows')).toMatchObject({
      available: true,
      count: 7,
      findings: [{ code: 'unknown_status', id: 'MW-006', line: 14, file: expect.stringMatching(/\/a\.md$/) }],
    });
    const bad = workflows({ 'a.md': Buffer.from([0xff]) });
    expect(await callTool(bad.tools, 'list_meta_workflows')).toMatchObject({
      available: false,
      reason: expect.stringMatching(/^no file of workflows can be read: \S+\/a\.md: the file is not UTF-8 text$/),
      count: 0,
      workflows: [],
    });
    expect(await callTool(workflows({}).tools, 'list_meta_workflows')).toEqual({
      available: false,
      reason: 'no file of workflows is configured: workflows.paths names none',
      count: 0,
      workflows: [],
      findings: [],
    });
  });
});

describe('resources', () => {
  test.each<[string, Buffer]>([
    ['as it is', Buffer.from(registry)],
    [
      'with a byte order mark, other line endings and no last one',
      Buffer.from(`\ufeff${registry.replaceAll('\n', '\r\n').trimEnd()}`),
    ],
    ['with characters that nobody sees', Buffer.from('# a\u0000b\u200b\u202e\tü\r名前 \n')],
    ['that is empty', Buffer.from('')],
  ])('WFL-2: workflow://meta-workflows equals the file byte for byte: one %s', async (_name, bytes) => {
    const { resources } = workflows({ 'a.md': bytes });
    expect(Buffer.from((await read(resources(), 'workflow://meta-workflows')) ?? 'none')).toEqual(bytes);
  });

  test('WFL-2: a further file has its own address and is given whole too', async () => {
    const { resources } = workflows({ 'a.md': registry, 'b.md': '# other\n', 'c.md': '# third\n' });
    expect(resources().map(({ uri }) => uri)).toEqual([
      'workflow://meta-workflows',
      'workflow://files/2',
      'workflow://files/3',
      'workflow://meta-workflows/{id}',
    ]);
    expect(await read(resources(), 'workflow://files/3')).toBe('# third\n');
  });

  test('a section by its id, which is completed', async () => {
    const { resources } = workflows();
    const template = 'workflow://meta-workflows/{id}';
    expect(await read(resources(), template, { id: 'MW-002' })).toMatch(
      /^## MW-002: New MCP Tool[^]*under pressure\.\n\n$/,
    );
    expect(await read(resources(), template, { id: 'MW-404' })).toBeNull();
    const complete = resources().find(({ uri }) => uri === template)?.complete?.['id'];
    expect(complete?.('mw-00')).toEqual(['MW-001', 'MW-002', 'MW-003', 'MW-004', 'MW-005']);
    expect(complete?.('x')).toEqual([]);
  });

  test('WFL-4: a text is that of this moment', async () => {
    const { resources, paths } = workflows();
    const before = resources();
    writeFileSync(paths[0] ?? '', '# changed\n');
    expect(await read(before, 'workflow://meta-workflows')).toBe('# changed\n');
  });

  test('there is no text where no file can be read', async () => {
    expect(await read(workflows({}).resources(), 'workflow://meta-workflows')).toBeNull();
  });
});

test('WFL-3: no argument selects a path', async () => {
  const { dir, tools, resources, prompts } = workflows();
  const hostile = [
    '../secret.md',
    'secret.md',
    path.join(dir, 'secret.md'),
    'MW-001/../secret.md',
    '..%2fsecret.md',
    `file://${dir}/secret.md`,
    '\0',
    '',
  ];
  const given: (string | null)[] = [];
  for (const id of hostile) {
    for (const { uri } of resources()) if (uri.includes('{id}')) given.push(await read(resources(), uri, { id }));
    expect(() => prompt(prompts(), 'run_workflow').text({ id })).toThrow('there is no workflow');
    for (const status of ['active', undefined]) {
      const args = id === '' ? {} : { query: id, ...(status && { status }) };
      given.push(JSON.stringify(await callTool(tools, 'list_meta_workflows', args)));
    }
  }
  expect(given.filter((text) => text?.includes('canary'))).toEqual([]);
  for (const name of ['path', 'file', 'paths', 'uri', 'dir']) {
    expect(tools[0]?.input.safeParse({ [name]: path.join(dir, 'secret.md') }).error?.message).toContain(name);
  }
});

describe('prompts', () => {
  test('WFL-5: there is one for each active workflow, and run_workflow completes their ids', () => {
    const all = workflows().prompts();
    expect(all.map(({ name }) => name)).toEqual(['run_workflow', 'MW-001', 'MW-002', 'MW-003', 'MW-004', 'MW-005']);
    const [id] = prompt(all, 'run_workflow').args;
    expect(id).toMatchObject({ name: 'id', required: true });
    expect(id?.complete?.('MW-')).toEqual(['MW-001', 'MW-002', 'MW-003', 'MW-004', 'MW-005']);
    expect(id?.complete?.('mw-004')).toEqual(['MW-004']);
    expect(prompt(all, 'MW-001')).toMatchObject({ title: 'Thread Ending Summary', args: [] });
  });

  test('WFL-5: the inputs of a workflow are arguments, completed with what they can be', () => {
    const { args } = prompt(workflows().prompts(), 'MW-003');
    expect(args.map(({ name, required }) => [name, required])).toEqual([
      ['incident', true],
      ['cluster', false],
      ['form', false],
    ]);
    const completed = args.map(({ complete }) => ['', 'prod', 's'].map((typed) => complete?.(typed)));
    expect(completed).toEqual([
      [[], [], []],
      [['prod-eu', 'prod-us', 'test'], ['prod-eu', 'prod-us'], []],
      [['short', 'full'], [], ['short']],
    ]);
  });

  test('a dry run of MW-001: the message holds its steps in their order, and nothing else happens', () => {
    const { dir, prompts } = workflows();
    const before = readdirSync(dir).map((name) => [name, readFileSync(path.join(dir, name), 'utf8')]);
    const text = prompt(prompts(), 'MW-001').text({});
    expect(text).toBe(prompt(prompts(), 'run_workflow').text({ id: ' mw-001 ' }));
    const steps = [...text.matchAll(/^\d\. (\w+ \w+)/gm)].map(([, words]) => words);
    expect(steps).toEqual(['List what', 'Say of', 'List the', 'List what', 'Offer the']);
    expect(text).toMatch(/^Do the workflow MW-001 \(Thread Ending Summary\) now/);
    expect(text).toContain('is no end: give a summary and go on');
    expect(text).toContain('Done: the missing key was added');
    expect(text).not.toContain('MW-002');
    expect(readdirSync(dir).map((name) => [name, readFileSync(path.join(dir, name), 'utf8')])).toEqual(before);
  });

  test('inputs that were given are in the message', () => {
    const text = prompt(workflows().prompts(), 'MW-003').text({ incident: 'inc_1', cluster: '', form: 'short' });
    expect(text).toContain('Inputs:\n\nincident: inc_1\nform: short\n\nSteps:');
  });

  test('a draft is no prompt of its own, and says so when it is run', () => {
    const all = workflows().prompts();
    expect(prompt(all, 'run_workflow').text({ id: 'MW-006' })).toContain('It is a draft');
    expect(prompt(all, 'run_workflow').text({ id: 'MW-001' })).not.toContain('draft');
  });

  test('a workflow whose steps are not marked as such is told by its whole section', () => {
    const text = registry.replace(/### Steps\n\n(1\. List what was asked)/, '$1');
    expect(prompt(workflows({ 'a.md': text }).prompts(), 'MW-001').text({})).toContain('1. List what was asked');
  });
});
