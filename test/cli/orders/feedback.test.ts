import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadRecordings } from '../../../eval/recording.ts';
import { limits, receive, runResult } from '../../storage/store-fixture.ts';
import type { FeedbackStore } from '../../../src/domain/history.ts';
import { cli } from '../../support/cli-run.ts';
import { freePorts } from '../../support/free-ports.ts';
import { answeredIncident } from '../../support/incident-samples.ts';
import { MemoryReader } from '../../support/memory-reader.ts';
import { configFor, withDaemon } from '../../support/running-daemon.ts';
import { owner, signal, startOfTime } from '../../support/signals.ts';
import { answeredIn, now, stateDir } from '../../support/state-dir.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** A daemon's state with an answer that one person calls wrong and another right. */
async function rated(comment = 'it was the quota of the namespace') {
  const { cwd, store } = await stateDir();
  const { id } = await answeredIn(store);
  await store.giveFeedback(id, { rating: 'right', by: 'ben', comment: '' }, now - 60_000);
  await store.giveFeedback(id, { rating: 'wrong', by: 'ana', comment }, now);
  return { cwd, store, id };
}

/** An incident that is answered, and a store that takes what people say of it. */
function saysSo() {
  const incident = answeredIncident();
  const given: unknown[] = [];
  const giveFeedback: FeedbackStore['giveFeedback'] = async (incidentId, said, at) => {
    given.push([incidentId, said]);
    return { id: 'fb_1', incidentId, runId: null, ...said, at };
  };
  const details = [{ incident, faults: [], runs: [] }];
  const reader = Object.assign(new MemoryReader(), { details, close: async () => {} });
  const world = { deps: { openReader: async () => reader as never }, env: { USER: 'ana' } };
  return { incident, given, giveFeedback, world };
}

test('OPS-3, OPS-4: feedback list shows who says what of which answer, newest first', async () => {
  const { cwd, id } = await rated();
  const { code, out, err } = await cli(['feedback', 'list'], { cwd, now });
  const lines = out.trimEnd().split('\n');
  expect([code, lines.length]).toEqual([0, 8]);
  expect(lines[0]).toMatch(/^AGE +RATING +BY +CLUSTER +INCIDENT$/);
  expect(lines[1]).toMatch(/wrong +ana +main +CrashLoop/);
  expect(lines.slice(2, 5)).toEqual([
    '     told: ConfigMap shop/settings has no key REDIS_URL',
    '     said: it was the quota of the namespace',
    `     ${id}`,
  ]);
  expect(lines[5]).toMatch(/right +ben/);
  expect(err).toContain('2 answers with feedback');
  const wrong = await cli(['feedback', 'list', '--rating', 'wrong', '--limit', '1'], { cwd, now });
  expect(wrong.out).not.toContain('ben');
});

test('OPS-3: a wrong answer is a case that the eval reads: the fault as received, and the cause that is not it', async () => {
  const { cwd, store } = await stateDir();
  await receive(store, [signal({ cluster: 'main', context: 'exit code 1' })], { owner: owner() });
  const claim = await store.claimRun(limits, now);
  const rootCause = { mechanism: 'missing_key', wrong_value: 'REDIS_URL' };
  await store.finishRun(claim!.run.id, runResult({ rootCause }), now);
  await store.giveFeedback(claim!.incident.id, { rating: 'wrong', by: 'ana', comment: 'the quota: "shop"\n- x' }, now);
  const { out } = await cli(['feedback', 'list', '-o', 'json'], { cwd, now });
  const { feedback } = JSON.parse(out) as { feedback: { id: string; scenario: object }[] };
  expect(feedback).toMatchObject([{ rating: 'wrong', author: 'ana', cluster: 'main', run_id: claim!.run.id }]);
  const [given] = feedback;
  const folder = tempDir();
  writeFileSync(path.join(folder, 'scenario.yaml'), JSON.stringify(given!.scenario, null, 2));
  const [{ truth } = { truth: null }] = loadRecordings(folder);
  expect(truth).toMatchObject({
    id: given!.id,
    focus: { kind: 'Deployment', namespace: 'payments', name: 'api' },
    trigger: { faultType: 'CrashLoop', resource: { kind: 'Pod' }, context: 'exit code 1' },
    forbidden_claims: ['missing_key'],
  });
  // Nobody has said the truth yet: it is answered and not scored.
  expect([truth?.is_fault, truth?.root_cause]).toEqual([undefined, undefined]);
});

test('OPS-4: feedback add calls a cause right or wrong, over the running daemon, in words or as data', async () => {
  const { incident, giveFeedback, given, world } = saysSo();
  await withDaemon(
    async (_, cwd) => {
      const argv = ['feedback', 'add', incident.id.slice(-6), '--wrong', '--comment', 'it was the quota'];
      const wrong = await cli(argv, { ...world, cwd });
      expect({ code: wrong.code, out: wrong.out }).toEqual({
        code: 0,
        out: `${incident.id}: the cause is wrong, says ana · ${incident.title}\n`,
      });
      expect(wrong.err).toContain(`/i/${incident.id}, or: nightcrier feedback list`);
      const right = await cli(['feedback', 'add', incident.id, '--right', '--author', 'ben', '-o', 'json'], {
        ...world,
        cwd,
      });
      expect(JSON.parse(right.out)).toMatchObject({ incident_id: incident.id, rating: 'right', author: 'ben' });
      expect(given).toEqual([
        [incident.id, { rating: 'wrong', by: 'ana', comment: 'it was the quota' }],
        [incident.id, { rating: 'right', by: 'ben', comment: '' }],
      ]);
      const unknown = await cli(['feedback', 'add', 'inc_none', '--right'], { ...world, cwd });
      expect(unknown).toMatchObject({ code: 1, out: '', err: expect.stringContaining('NC-CLI-002') });
    },
    { orders: { giveFeedback, orderIncident: async () => ({ kind: 'unknown' }) } },
  );
});

test.each([
  [['add', '--wrong'], 'needs the id of an incident'],
  [['add', 'inc_1'], 'needs --right or --wrong'],
  [['add', 'inc_1', '--right', '--wrong'], 'cannot be used with'],
  [['list', 'inc_1'], 'takes no incident'],
  [['list', '--wrong'], 'takes --rating'],
])('OPS-4: feedback %j is refused with exit code 2', async (args, reason) => {
  const { code, out, err } = await cli(['feedback', ...args], { cwd: '/' });
  expect({ code, out, err }).toEqual({ code: 2, out: '', err: expect.stringContaining(reason) });
});

test('OPS-4: without a running daemon nothing is called right or wrong, and it is said', async () => {
  const [port] = await freePorts(1);
  const { incident, world } = saysSo();
  const cwd = configFor(`http://127.0.0.1:${port}`);
  const { code, err } = await cli(['feedback', 'add', incident.id, '--right'], { ...world, cwd });
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('NC-CLI-005') });
});

test('UX-20: nothing that somebody said steers the terminal; nothing said is said', async () => {
  const { cwd } = await rated('\u001b]0;owned\u0007\u009b31m\nx');
  const { out } = await cli(['feedback', 'list'], { cwd, now });
  expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  const empty = await stateDir();
  const none = await cli(['feedback', 'list'], { cwd: empty.cwd, now: startOfTime });
  expect([none.code, none.out, none.err]).toEqual([0, '', 'nobody has said anything of an answer\n']);
});
