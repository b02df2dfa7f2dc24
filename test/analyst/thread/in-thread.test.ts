import { afterEach, expect, test } from 'vitest';
import { createAnalyst } from '../../../src/analyst/create-analyst.ts';
import { answerQuestion } from '../../../src/analyst/questions/answer-question.ts';
import { inThread } from '../../../src/analyst/thread/in-thread.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { createRedactor } from '../../../src/lib/redact/redact.ts';
import { answeredIncident } from '../../support/incident-samples.ts';
import { requestFor, TestCluster } from '../cluster.ts';

const never = new AbortController().signal;
const noThread = new URL('data:text/javascript,throw new Error("no thread")');
const closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

/** A crash, its evidence with a log of so many bytes more, and the analysts that work here and there. */
async function crash(bytes: number, file?: URL) {
  const cluster = new TestCluster();
  cluster.crash('ns', 'app', { log: "KeyError: 'REDIS_URL'\n" });
  const local = createAnalyst({ readersFor: () => [cluster.reader()] });
  const threaded = inThread(local, { clock: systemClock, logger: silentLogger, ...(file && { file }) });
  closes.push(() => threaded.close());
  const request = requestFor('Deployment', 'ns', 'app');
  const { files, missing, apiCalls } = await threaded.collect(request, createRedactor(), never);
  const more = { path: 'evidence/logs/ns/other/other.log', text: 'waiting for connections\n'.repeat(bytes / 24) };
  return { local, threaded, request, evidence: { files: [...files, more], missing, apiCalls } };
}

test.each([
  ['in the thread', 600_000, undefined],
  ['in place, as there is little of it', 100, noThread],
  ['in place, as there is no thread', 600_000, noThread],
])('QUA-3: the answer and the check are the same %s', async (_, bytes, file) => {
  const { local, threaded, request, evidence } = await crash(bytes, file);
  const answer = local.analyse(request, evidence);
  expect(answer.verdict.causes).not.toEqual([]);
  expect(await threaded.analyse(request, evidence)).toEqual(answer);
  const invented = {
    ...answer.verdict,
    causes: answer.verdict.causes.map((it) => ({ ...it, wrong_value: 'nowhere' })),
  };
  const checked = local.check(invented, evidence, []);
  expect(checked.remarks).not.toEqual([]);
  expect(await threaded.check(invented, evidence, [])).toEqual(checked);
});

test.each([
  ['in the thread', 600_000, undefined],
  ['in place, as there is no thread', 600_000, noThread],
])('NOT-5: a question is answered the same %s', async (_, bytes, file) => {
  const { local, threaded, request, evidence } = await crash(bytes, file);
  const { verdict } = local.analyse(request, evidence);
  const detail = { incident: answeredIncident({ owner: { ...request.subject, certain: true } }), faults: [], runs: [] };
  const kept = { detail, history: null, earlier: [], verdict, files: evidence.files, kubectl: [], leftOut: 0, now: 0 };
  const answer = await threaded.question({ kept, text: 'show me the log' });
  expect(answer.text).toContain("> KeyError: 'REDIS_URL'");
  expect(answer).toEqual(answerQuestion({ kept, text: 'show me the log' }));
});

test('QUA-3: the main loop goes on while the thread works', async () => {
  const { threaded, request, evidence } = await crash(600_000);
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 1);
  await threaded.analyse(request, evidence);
  clearInterval(counting);
  expect(turns).toBeGreaterThan(0);
});
