import { expect, test } from 'vitest';
import { acknowledge, rerun, resolve } from '../../../src/dashboard/acts/incident-acts.ts';
import type { DashboardOptions } from '../../../src/dashboard/frame/options.ts';
import type { OrderAnswer } from '../../../src/domain/incident.ts';
import { answeredIncident, sampleTime } from '../../support/incident-samples.ts';

function over(answer: OrderAnswer): { options: DashboardOptions; asked: unknown[] } {
  const asked: unknown[] = [];
  const orders: DashboardOptions['orders'] = {
    orderIncident: async (...order) => {
      asked.push(order);
      return answer;
    },
  };
  return { options: { orders } as unknown as DashboardOptions, asked };
}

const input = {
  by: 'ana',
  fields: new URLSearchParams({ comment: ' on\nit ' }),
  params: { id: 'inc_1' },
  now: sampleTime,
};
const incident = answeredIncident({ id: 'inc_1' });

test('OPS-3: an order has its name, its comment and its time', async () => {
  const { options, asked } = over({ kind: 'done', incident, run: null });
  for (const act of [acknowledge, resolve, rerun]) expect((await act(input, options)).kind).toBe('done');
  const order = { by: 'ana', comment: 'on it' };
  expect(asked).toEqual(['ack', 'resolve', 'rerun'].map((kind) => ['inc_1', { kind, ...order }, sampleTime]));
});

test('OPS-3: who comes second is told who was first', async () => {
  const acknowledged = { by: 'ben', at: sampleTime, comment: '' };
  const { options } = over({ kind: 'done', incident: { ...incident, acknowledged }, run: null });
  expect(await acknowledge(input, options)).toMatchObject({ said: 'ben has it in hand already.' });
  expect(await acknowledge({ ...input, by: 'ben' }, options)).toMatchObject({
    said: expect.stringContaining('You have'),
  });
});

test('OPS-3: what has ended, or is not there, is said', async () => {
  const ended = over({ kind: 'ended', incident: { ...incident, status: 'resolved' } });
  expect(await rerun(input, ended.options)).toMatchObject({
    kind: 'refused',
    status: 409,
    problem: { code: 'NC-HEALTH-014', message: 'The incident has ended: it is resolved.' },
  });
  expect(await rerun(input, over({ kind: 'unknown' }).options)).toEqual({ kind: 'unknown' });
});
