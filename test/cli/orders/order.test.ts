import { expect, test } from 'vitest';
import type { IncidentOrder } from '../../../src/domain/incident.ts';
import { cli } from '../../support/cli-run.ts';
import { answeredIncident } from '../../support/incident-samples.ts';
import { MemoryReader } from '../../support/memory-reader.ts';
import { withDaemon } from '../../support/running-daemon.ts';

const incident = answeredIncident();
const details = [{ incident, faults: [], runs: [] }];

/** Runs `ack` against a daemon and gives whom the order is by. */
async function acknowledge(argv: readonly string[], env: Readonly<Record<string, string>>) {
  const given: IncidentOrder[] = [];
  const reader = Object.assign(new MemoryReader(), { details, close: async () => {} });
  let err = '';
  await withDaemon(
    async (fixture, cwd) => {
      fixture.reader.details = details;
      const world = { cwd, env, deps: { openReader: async () => reader as never } };
      const run = await cli(['ack', incident.id, ...argv], world);
      expect(run.code).toBe(0);
      err = run.err;
    },
    {
      orders: {
        orderIncident: async (_id, order) => {
          given.push(order);
          return { kind: 'done', incident, run: null };
        },
        giveFeedback: async () => null,
      },
    },
  );
  return { by: given.map((order) => order.by), err };
}

test.each([
  [['--author', 'ana'], {}, 'ana'],
  [[], { USER: 'ben' }, 'ben'],
  [['--author', ''], { USER: 'ben' }, 'ben'],
  [[], { USER: '', LOGNAME: 'eva' }, 'eva'],
])('OPS-4: an order is by whoever is named, else by who is logged in: %j %j', async (argv, env, name) => {
  const { by, err } = await acknowledge(argv, env);
  expect(by).toEqual([name]);
  expect(err).not.toContain('--author');
});

test.each(['ack', 'resolve', 'rerun'])('INT-6, OPS-4: %s takes what is to be said with it', async (kind) => {
  const given: IncidentOrder[] = [];
  const reader = Object.assign(new MemoryReader(), { details, close: async () => {} });
  const orderIncident = async (_id: string, order: IncidentOrder) => {
    given.push(order);
    return { kind: 'done', incident, run: null } as const;
  };
  await withDaemon(
    async (fixture, cwd) => {
      fixture.reader.details = details;
      const argv = [kind, incident.id, '--author', 'ana', '--comment', 'the quota is raised'];
      const { code } = await cli(argv, { cwd, deps: { openReader: async () => reader as never } });
      expect(code).toBe(0);
    },
    { orders: { orderIncident, giveFeedback: async () => null } },
  );
  expect(given).toEqual([{ kind, by: 'ana', comment: 'the quota is raised' }]);
});

test('OPS-4: where nobody is named it is said once how to name somebody', async () => {
  const { by, err } = await acknowledge([], { USER: '' });
  expect(by).toEqual(['somebody']);
  expect(err.match(/--author NAME says who you are/g)).toHaveLength(1);
});
