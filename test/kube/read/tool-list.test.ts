import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ToolResult } from '../../../src/domain/ports.ts';
import { ReadError } from '../../../src/kube/cluster-reader.ts';
import { McpReader } from '../../../src/kube/read/mcp-reader.ts';
import { parseTable, parseToolList, parseToolObject } from '../../../src/kube/read/tool-list.ts';
import { toToolResult } from '../../support/mcp-tool-caller.ts';

interface Recorded {
  readonly server: string;
  readonly list_output: string;
  readonly tool: string;
  readonly args: Record<string, unknown>;
  readonly result: unknown;
}

const file = path.join(import.meta.dirname, '..', '..', 'fixtures', 'read-tools.jsonl');
const recorded = readFileSync(file, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as Recorded);
const signal = AbortSignal.timeout(60_000);

/** A server that answers what was recorded of one. */
function replay(server: string, listOutput: string): McpReader {
  return new McpReader({
    callTool: (tool, args) => {
      const found = recorded.find(
        (one) =>
          one.server.startsWith(server) &&
          one.list_output === listOutput &&
          one.tool === tool &&
          Object.entries(one.args).every(([key, value]) => args[key] === value),
      );
      if (!found) return Promise.reject(new Error(`not recorded: ${tool} ${JSON.stringify(args)}`));
      return Promise.resolve(toToolResult(found.result));
    },
  });
}

const shopPods = { namespace: 'shop', labelSelector: 'app=api' };

describe.each([
  ['stock', 'table'],
  ['push', 'table'],
])('CON-5: rows of the %s server', (server, form) => {
  const reader = replay(server, form);

  test('pods, nodes, deployments and events', async () => {
    const pods = await reader.listAsGiven('v1', 'Pod', shopPods, signal);
    expect(pods).toMatchObject({
      form: 'rows',
      rows: [
        {
          namespace: 'shop',
          name: 'api-7cbbf95f8c-p4fn2',
          columns: { status: 'CrashLoopBackOff', ready: '0/1', restarts: '4 (20m ago)', node: 'node-a' },
        },
      ],
    });
    const nodes = await reader.listAsGiven('v1', 'Node', {}, signal);
    expect(nodes).toMatchObject({
      rows: [{ columns: { status: 'Ready' } }, { namespace: null, columns: { status: 'NotReady' } }],
    });
    const options = { namespace: 'shop', labelSelector: 'app=cart' };
    const deployments = await reader.listAsGiven('apps/v1', 'Deployment', options, signal);
    expect(deployments).toMatchObject({ rows: [{ name: 'cart', columns: { ready: '0/2', 'up-to-date': '2' } }] });
    const fieldSelector = 'type=Warning,involvedObject.kind=Pod';
    const events = await reader.listAsGiven('v1', 'Event', { namespace: 'shop', fieldSelector }, signal);
    expect(events).toMatchObject({
      rows: expect.arrayContaining([
        expect.objectContaining({
          columns: expect.objectContaining({
            reason: 'BackOff',
            object: 'pod/cart-6dbb584856-5d8wv',
            'last seen': '8m56s',
          }),
        }),
      ]),
    });
  });

  test('an empty list is empty text, and no error', async () => {
    const jobs = await reader.listAsGiven('batch/v1', 'Job', { namespace: 'shop' }, signal);
    expect(jobs).toEqual({ form: 'objects', objects: [] });
  });

  test('list reads the rows one by one and counts its calls', async () => {
    const own = replay(server, form);
    const pods = await own.list('v1', 'Pod', shopPods, signal);
    expect(pods).toMatchObject({
      truncated: false,
      items: [{ kind: 'Pod', metadata: { name: 'api-7cbbf95f8c-p4fn2' } }],
    });
    expect(pods.items[0]?.metadata.uid).toBe('92748a2c-6df1-4e9d-9ee2-8317ee54ef0f');
    expect(own.calls).toBe(2);
  });

  test('an absent object is null; an unknown kind is unsupported', async () => {
    expect(await reader.get('v1', 'Pod', 'shop', 'absent', signal)).toBeNull();
    await expect(reader.list('nope/v1', 'Nope', {}, signal)).rejects.toMatchObject({ failure: 'unsupported' });
  });
});

test('CON-5: full objects of the stock server in YAML mode', async () => {
  const reader = replay('stock', 'yaml');
  const pods = await reader.listAsGiven('v1', 'Pod', shopPods, signal);
  expect(pods).toMatchObject({
    form: 'objects',
    objects: [{ kind: 'Pod', metadata: { name: 'api-7cbbf95f8c-p4fn2' } }],
  });
  expect(await reader.listAsGiven('batch/v1', 'Job', { namespace: 'shop' }, signal)).toEqual({
    form: 'objects',
    objects: [],
  });
});

test('CON-5: the YAML text alone says the same as the structured content', async () => {
  const pods = recorded.find((one) => one.list_output === 'yaml' && one.args['kind'] === 'Pod')!;
  const result = toToolResult(pods.result);
  const fromText = await parseToolList({ ...result, structured: null }, 'v1', 'Pod', signal);
  expect(fromText).toEqual(await parseToolList(result, 'v1', 'Pod', signal));
});

test('CON-5: logs, and what a container has none of', async () => {
  const answers: ToolResult[] = [
    { text: 'one\ntwo\nthree\n', structured: null, isError: false },
    { text: 'previous terminated container "x" in pod "p" not found', structured: null, isError: true },
    { text: 'pods "p" is forbidden: User "u" cannot get resource "pods/log"', structured: null, isError: true },
  ];
  const reader = new McpReader({ callTool: () => Promise.resolve(answers.shift()!) });
  const options = { previous: false, tailLines: 10, limitBytes: 10 };
  expect(await reader.logs('ns', 'p', 'c', options, signal)).toBe('three\n');
  expect(await reader.logs('ns', 'p', 'c', { ...options, previous: true }, signal)).toBeNull();
  await expect(reader.logs('ns', 'p', 'c', options, signal)).rejects.toMatchObject({ failure: 'forbidden' });
  // Its log tool would give older lines, too.
  const since = reader.logs('ns', 'p', 'c', { ...options, sinceSeconds: 60 }, signal);
  await expect(since).rejects.toMatchObject({ failure: 'unsupported' });
});

describe('CON-6: answers that are no answers', () => {
  const answer = (text: string, structured: unknown = null): ToolResult => ({ text, structured, isError: false });
  test.each([['<html>busy</html>'], ['- {'], ['kind: Pod\nmetadata: {name: p}'], ['nothing of the kind']])(
    '%j',
    async (text) => {
      await expect(parseToolList(answer(text), 'v1', 'Pod', signal)).rejects.toThrow(ReadError);
    },
  );

  test('objects without a name are left out; what is no object is refused', async () => {
    const structured = { items: [{ metadata: {} }, null, 'x', { metadata: { name: 'p' } }] };
    expect(await parseToolList(answer('', structured), 'v1', 'Pod', signal)).toMatchObject({
      objects: [{ kind: 'Pod', apiVersion: 'v1' }],
    });
    await expect(parseToolObject(answer('[]'), 'v1', 'Pod', signal)).rejects.toThrow(ReadError);
  });

  test.each([
    ['pods is forbidden: User "u" cannot list resource "pods"', 'forbidden'],
    ['Unauthorized', 'unauthorized'],
    ['dial tcp 10.0.0.1:443: connect: connection refused', 'unreachable'],
    ['context deadline exceeded', 'timeout'],
    ['strange', 'invalid'],
  ])('a refusal %j is %s', async (text, failure) => {
    const reader = new McpReader({ callTool: () => Promise.resolve({ text, structured: null, isError: true }) });
    await expect(reader.list('v1', 'Pod', {}, signal)).rejects.toMatchObject({ failure });
  });

  test('a call that fails, one that is too large, one without an answer', async () => {
    const rejecting = (why: Error): McpReader => new McpReader({ callTool: () => Promise.reject(why) });
    const large = new ReadError('too_large', '64 MiB');
    await expect(rejecting(large).list('v1', 'Pod', {}, signal)).rejects.toMatchObject({ failure: 'too_large' });
    await expect(rejecting(new Error('gone')).list('v1', 'Pod', {}, signal)).rejects.toMatchObject({
      failure: 'unreachable',
    });
    const silent = new McpReader(
      { callTool: () => new Promise((_, reject) => setTimeout(() => reject(new Error('x')), 50)) },
      { timeoutMs: 10 },
    );
    await expect(silent.list('v1', 'Pod', {}, signal)).rejects.toMatchObject({ failure: 'timeout' });
  });
});

test('CON-5: cells are cut by characters, and a column without values stays in its place', () => {
  const text = 'NAME    MESSAGE          NAMESPACE\nä-pod   größer als das   shop\np                        other\n';
  expect(parseTable(text)).toEqual([
    { name: 'ä-pod', message: 'größer als das', namespace: 'shop' },
    { name: 'p', message: '', namespace: 'other' },
  ]);
  expect(parseTable('no table at all')).toEqual([]);
});
