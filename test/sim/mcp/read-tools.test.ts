import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ClusterState } from '../../../src/sim/api/cluster-state.ts';
import { readTools } from '../../../src/sim/mcp/read-tools.ts';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { readFixtureLines } from '../../support/fixture-lines.ts';

interface RecordedCall {
  tool: string;
  args: Record<string, unknown>;
  result: { content: { text: string }[]; isError?: boolean };
}

/** When the tools were called: the pod was 8m56s old. */
const recordedAt = Date.parse('2026-11-20T22:41:34Z');
const fixture = new URL('../../fixtures/wire/read-tools-objects.json', import.meta.url);
const objects = JSON.parse(readFileSync(fixture, 'utf8')) as KubeObject[];
const calls = readFixtureLines<RecordedCall>('wire/read-tools-push.jsonl');
const never = new AbortController().signal;

/** The recording kept 2 of 5 events and shortened the list of all; logs were made by a stand-in. */
const exact = calls.filter(({ tool, args }) => args['kind'] !== 'Event' && !['events_list', 'pods_log'].includes(tool));

function recordedCluster(): ClusterState {
  const state = new ClusterState();
  for (const object of objects) state.put(object);
  return state;
}

async function call(tool: string, args: Record<string, unknown>, state = recordedCluster()) {
  return readTools[tool]!(state, args, recordedAt, never);
}

test.each(exact)('$tool $args answers as the recorded server, byte for byte', async ({ tool, args, result }) => {
  expect(await call(tool, args)).toEqual(result);
});

test('events are listed as the recorded server lists them, row by row', async () => {
  const recorded = calls.find(({ args }) => args['kind'] === 'Event')!;
  const rows = (text: string) => text.trimEnd().split('\n');
  const answered = rows((await call(recorded.tool, recorded.args)).content[0]!.text);
  const expected = rows(recorded.result.content[0]!.text).slice(0, 3);
  const squeeze = (row: string) => row.replace(/ +/g, ' ');
  expect(answered.map(squeeze)).toEqual(expected.map(squeeze));
});

test('events_list has the words and the order of keys of the recorded server', async () => {
  const recorded = calls.find(({ tool }) => tool === 'events_list')!.result.content[0]!.text;
  const answered = (await call('events_list', { namespace: 'shop' })).content[0]!.text;
  const entry = answered.split('\n- ')[1]!;
  expect(answered.startsWith('# The following events (YAML format) were found:\n- InvolvedObject:\n')).toBe(true);
  expect(recorded).toContain(entry.trimEnd());
});

test('events_list of a quiet cluster says so', async () => {
  expect((await call('events_list', {}, new ClusterState())).content[0]!.text).toBe('# No events found');
});

test('pods_log gives the tail, the previous run, and refuses what is not there', async () => {
  const state = recordedCluster();
  const pod = { namespace: 'shop', name: 'api-7cbbf95f8c-p4fn2' };
  state.setLog('shop', pod.name, 'api', 'one\ntwo\nthree\n');
  state.setLog('shop', pod.name, 'api', 'before\n', true);
  expect((await call('pods_log', { ...pod, tail: 2 }, state)).content[0]!.text).toBe('two\nthree\n');
  expect((await call('pods_log', { ...pod, previous: true }, state)).content[0]!.text).toBe('before\n');
  const absent = await call('pods_log', { namespace: 'shop', name: 'absent' }, state);
  expect(absent).toMatchObject({ isError: true });
  expect(absent.content[0]!.text).toBe('failed to get pod absent log in namespace shop: pods "absent" not found');
  const noRun = await call('pods_log', { ...pod, container: 'other', previous: true }, state);
  expect(noRun.content[0]!.text).toContain('previous terminated container "other"');
});

test('a bad selector is refused with the reason', async () => {
  const answer = await call('resources_list', { apiVersion: 'v1', kind: 'Pod', labelSelector: 'a b c' });
  expect(answer).toMatchObject({ isError: true });
  expect(answer.content[0]!.text).toContain('unable to parse requirement');
});

test('pods_list and namespaces_list are tables over all namespaces', async () => {
  const state = recordedCluster();
  state.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' }, status: { phase: 'Active' } });
  expect((await call('pods_list', {}, state)).content[0]!.text).toContain('api-7cbbf95f8c-p4fn2');
  expect((await call('namespaces_list', {}, state)).content[0]!.text).toMatch(/v1 +Namespace +shop +Active/);
});
