import { expect, test } from 'vitest';
import { feedback, silence, silenceSpans } from '../../../src/dashboard/acts/answer-acts.ts';
import type { DashboardOptions } from '../../../src/dashboard/frame/options.ts';
import type { SilenceAnswer } from '../../../src/domain/cluster-policy.ts';
import { answeredIncident, sampleFault, sampleTime } from '../../support/incident-samples.ts';

const input = (fields: Record<string, string>) => ({
  by: 'ana',
  fields: new URLSearchParams(fields),
  params: { id: 'inc_01K9Z3W8Q4' },
  now: sampleTime,
});

function over(incident = answeredIncident(), answer?: SilenceAnswer) {
  const asked: unknown[] = [];
  const options = {
    reader: {
      incident: async (id: string) => (id === incident.id ? { incident, faults: [sampleFault()], runs: [] } : null),
    },
    silences: {
      addSilence: async (...given: unknown[]) => {
        asked.push(given);
        return answer ?? { kind: 'made' };
      },
    },
    feedback: {
      giveFeedback: async (id: string, ...given: unknown[]) => {
        asked.push([id, ...given]);
        return id === incident.id ? {} : null;
      },
    },
  };
  return { options: options as unknown as DashboardOptions, asked };
}

test('OPS-3: a silence from the page fits the owner of the incident alone, for the time that was chosen, with its name', async () => {
  for (const [duration] of silenceSpans) {
    const { options, asked } = over();
    const answer = await silence(input({ duration }), options);
    expect(answer).toMatchObject({ kind: 'done', said: `Silenced by ana for ${duration}: nobody is told until then.` });
    expect(asked).toMatchObject([
      [
        {
          matchers: [
            { name: 'cluster', operator: '=', value: 'prod-eu' },
            { name: 'owner', operator: '=', value: 'Deployment/payments/api' },
          ],
          author: 'ana',
          startsAt: sampleTime,
        },
        sampleTime,
      ],
    ]);
  }
});

test.each(['', '2h', '-1h', '1h1h', '1h '])('OPS-3: a silence for "%s" is refused', async (duration) => {
  const { options, asked } = over();
  expect(await silence(input({ duration }), options)).toMatchObject({ kind: 'refused', status: 400 });
  expect(asked).toEqual([]);
});

test('OPS-3: what has ended, is not there, or finds no room is said', async () => {
  const ended = over(answeredIncident({ status: 'resolved' }));
  expect(await silence(input({ duration: '1h' }), ended.options)).toMatchObject({ kind: 'refused', status: 409 });
  const gone = over(answeredIncident({ id: 'inc_other' }));
  expect(await silence(input({ duration: '1h' }), gone.options)).toEqual({ kind: 'unknown' });
  expect(await feedback(input({ rating: 'right' }), gone.options)).toEqual({ kind: 'unknown' });
  const full = over(answeredIncident(), { kind: 'too_many', limit: 500 });
  expect(await silence(input({ duration: '1h' }), full.options)).toMatchObject({
    problem: { message: 'There are 500 silences that have not ended.' },
  });
});

test('OPS-3: what people say of an answer is kept with their name, and bounded', async () => {
  const { options, asked } = over();
  const said = await feedback(input({ rating: 'wrong', comment: ` it was\nDNS ${'x'.repeat(3000)}` }), options);
  expect(said).toMatchObject({ kind: 'done', said: expect.stringContaining('wrong') });
  const comment = expect.stringMatching(/^it was DNS x{100}[^]{0,1900}$/);
  expect(asked).toEqual([['inc_01K9Z3W8Q4', { rating: 'wrong', by: 'ana', comment }, sampleTime]]);
  for (const rating of ['', 'maybe']) {
    expect(await feedback(input({ rating }), options)).toMatchObject({ kind: 'refused', status: 400 });
  }
});
