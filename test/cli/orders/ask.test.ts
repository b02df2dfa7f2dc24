import { expect, test } from 'vitest';
import type { Question, QuestionAnswer } from '../../../src/domain/question.ts';
import { cli, type CliWorld } from '../../support/cli-run.ts';
import { answeredIncident } from '../../support/incident-samples.ts';
import { MemoryReader } from '../../support/memory-reader.ts';
import { withDaemon } from '../../support/running-daemon.ts';
import { answeredIn, now, stateDir } from '../../support/state-dir.ts';

const { id } = answeredIncident();
const details = [{ incident: answeredIncident(), faults: [], runs: [] }];
const reader = (): never => Object.assign(new MemoryReader(), { details, close: async () => {} }) as never;

test('NOT-5, OPS-4: ask asks the running daemon, in words or as data', async () => {
  await withDaemon(async (fixture, cwd) => {
    fixture.reader.details = details;
    const world: CliWorld = { cwd, deps: { openReader: async () => reader() }, env: { USER: 'ana' } };
    const { code, out, err } = await cli(['ask', id.slice(-8), 'what', 'changed?'], world);
    expect({ code, out }).toEqual({ code: 0, out: 'because\n' });
    expect(err).toContain('answered by rules from incident');
    const talk = { person: 'http:ana', thread: null };
    expect(fixture.questions).toEqual([{ incidentId: id, text: 'what changed?', by: 'ana', mayAct: true, talk }]);
    await cli(['ask', '--rules', id, 'why'], world);
    expect(fixture.questions.at(-1)).toMatchObject({ text: 'why', mayAct: false });
    const json = await cli(['ask', id, 'why', '-o', 'json'], world);
    expect(JSON.parse(json.out)).toMatchObject({
      incident_id: id,
      text: 'because',
      sources: ['incident'],
      by: 'rules',
    });
    expect((await cli(['ask', 'inc_none', 'why'], world)).err).toContain('NC-CLI-002');
    expect((await cli(['ask', id], world)).code).toBe(2);
  });
});

test('NOT-5, OPS-4: the terminal says which agent answered, for how much, and why one did not', async () => {
  const took = { model: 'm-1', durationMs: 9000, usd: 0.02 };
  const answers: QuestionAnswer[] = [
    { text: 'because', sources: ['verdict.json'], by: 'claude', took },
    { text: 'because', sources: [], by: 'rules', note: 'claude took longer than\u001b[2J its time limit' },
  ];
  await withDaemon(
    async (fixture, cwd) => {
      fixture.reader.details = details;
      const world: CliWorld = { cwd, deps: { openReader: async () => reader() } };
      const { err } = await cli(['ask', id, 'why'], world);
      expect(err).toContain('answered by claude (m-1) in 9 s for $0.02 from verdict.json');
      expect((await cli(['ask', id, 'why'], world)).err).toContain('\nclaude took longer than\ufffd[2J its time limit');
    },
    { questions: { answer: async () => answers.shift()! } },
  );
});

test('NOT-5, OPS-4: without a daemon it is answered here, commands on lines of their own', async () => {
  const { cwd, store } = await stateDir();
  const incident = await answeredIn(store);
  const { code, out } = await cli(['ask', incident.id, 'what should I do?'], { cwd, now, env: { UNSET: 'xoxb-1' } });
  expect(code).toBe(0);
  expect(out).toMatch(/^1\. Add the key\n {4}kubectl --\S+ \S+ -n shop edit configmap settings$/m);
});

test('UX-20: nothing of an answer steers the terminal', async () => {
  const { cwd, store } = await stateDir();
  const incident = await answeredIn(store);
  const asked: Question[] = [];
  const hostile = '> \u001b]0;owned\u0007\u009b31m\n$ \u202ex\u001b[2J';
  const askAlone = async (_loaded: unknown, question: Question) => {
    asked.push(question);
    return { text: hostile, sources: ['\u001b[1m'], by: '\u0007' };
  };
  const { out, err } = await cli(['ask', incident.id, 'why'], { cwd, now, deps: { askAlone }, env: { UNSET: 'x' } });
  expect(`${out}${err}`).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(asked).toMatchObject([{ incidentId: incident.id, text: 'why' }]);
});
