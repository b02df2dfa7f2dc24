import { expect, test } from 'vitest';
import type { StateReader, StoreChange } from '../../../src/domain/state-store.ts';
import { displayWidth } from '../../../src/lib/display/width.ts';
import { cli, type CliRun, type CliWorld } from '../../support/cli-run.ts';
import { sampleClaim } from '../../support/claim-sample.ts';
import { freePorts } from '../../support/free-ports.ts';
import { sampleStatus } from '../../support/health-fixture.ts';
import { answeredIncident, sampleRun } from '../../support/incident-samples.ts';
import { MemoryReader } from '../../support/memory-reader.ts';
import { configFor, token, withDaemon } from '../../support/running-daemon.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** The state of a daemon with some incidents. */
function stateOf(...ids: string[]): StateReader {
  const details = ids.map((id) => ({ incident: answeredIncident({ id }), faults: [], runs: [] }));
  return Object.assign(new MemoryReader(), { details, close: async () => {} }) as unknown as StateReader;
}

/** A message about an incident that was told. */
function delivered(incidentId: string): StoreChange {
  return { type: 'delivery', cluster: 'prod-eu', delivery: sampleClaim({}, { incidentId, status: 'sent' }).delivery };
}

/** Follows until `done` is true of what was written, then Ctrl-C. */
async function follow(
  argv: string[],
  world: CliWorld,
  act: () => void,
  done: (text: string) => boolean,
): Promise<CliRun> {
  const stop = new AbortController();
  let text = '';
  let acted = false;
  const onText = (part: string): void => {
    text += part;
    if (!acted && text.includes('following')) {
      acted = true;
      act();
    }
  };
  const running = cli(argv, { ...world, signal: stop.signal, onText });
  await waitUntil(() => done(text), 'the events', 20_000);
  stop.abort();
  return running;
}

test('OPS-4: prints what is news in the running daemon, a line each, until Ctrl-C, exit 0', () =>
  withDaemon(async ({ events }, cwd) => {
    const act = (): void => {
      events.emit('connection:changed', sampleStatus({ state: 'failed', source: 'none' }));
      events.emit('store:changed', [{ type: 'incident', cluster: 'prod-eu', incident: answeredIncident() }]);
    };
    const { code, out, err } = await follow(['tail'], { cwd }, act, (text) => text.includes('inc_'));
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\+00:00 {2}prod-eu +the cluster is not watched: the connection failed$/);
    expect(lines[1]).toMatch(/prod-eu +CRITICAL CrashLoop .* · cause: .* · inc_01K9Z3W8Q4$/);
    expect(err).toContain('following http://127.0.0.1:');
    expect(out + err).not.toContain(token);
  }));

test.each([[[]], [['--raw']]])('OPS-4: on a narrow terminal an event is wrapped between its words: %j', (form) =>
  withDaemon(async ({ events }, cwd) => {
    const act = (): void => {
      events.emit('store:changed', [{ type: 'incident', cluster: 'prod-eu', incident: answeredIncident() }]);
      events.emit('store:changed', [delivered('inc_01K9Z3W8Q5')]);
    };
    const done = (text: string): boolean => text.includes('inc_01K9Z3W8Q5');
    const whole = await follow(['tail', ...form], { cwd }, act, done);
    const [event = ''] = whole.out.split('\n');
    expect(displayWidth(event)).toBeGreaterThan(60);
    const { out } = await follow(['tail', ...form], { cwd, tty: true, columns: 60 }, act, done);
    const lines = out.trimEnd().split('\n');
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(60);
    const starts = lines.map((line) => /^\d\d:/.test(line));
    expect([starts[0], starts[1], starts.filter(Boolean).length]).toEqual([true, false, 2]);
    expect(lines.slice(0, starts.lastIndexOf(true)).join(' ').replace(/ +/g, ' ').slice(8)).toBe(
      event.replace(/ +/g, ' ').slice(8),
    );
    const json = await follow(['tail', '-o', 'json'], { cwd, tty: true, columns: 60 }, act, done);
    expect(json.out.trimEnd().split('\n')).toHaveLength(2);
  }),
);

test('OPS-4: --raw prints every event; --incident leaves out the others', () =>
  withDaemon(async ({ events }, cwd) => {
    const act = (): void => {
      events.emit('connection:changed', sampleStatus({ state: 'connecting', source: 'none' }));
      for (const id of ['inc_01K9Z3W8Q4', 'inc_01K9Z3W8Q5']) {
        events.emit('store:changed', [{ type: 'run', cluster: 'prod-eu', run: sampleRun({ incidentId: id }) }]);
      }
    };
    const raw = await follow(['tail', '--raw'], { cwd }, act, (text) => text.includes('Q5'));
    const lines = raw.out.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\+00:00 {2}connection +prod-eu +connecting · by none$/);
    expect(lines[1]).toMatch(/run +prod-eu +succeeded .* · inc_01K9Z3W8Q4$/);
    const deps = { openReader: async () => stateOf('inc_01K9Z3W8Q4', 'inc_01K9Z3W8Q5') };
    const argv = ['tail', '--raw', '--incident', 'w8q5'];
    const one = await follow(argv, { cwd, deps }, act, (text) => text.includes('Q5'));
    expect(one.out.trimEnd().split('\n')).toEqual([expect.stringContaining('inc_01K9Z3W8Q5')]);
  }));

test('OPS-4 UX-20: -o json is one object a line; --cluster leaves out the others', () =>
  withDaemon(async ({ events }, cwd) => {
    const act = (): void => {
      events.emit('connection:changed', sampleStatus({ cluster: 'other' }));
      events.emit('connection:changed', sampleStatus());
    };
    const argv = ['tail', '--cluster', 'prod-eu', '-o', 'json'];
    const { out } = await follow(argv, { cwd }, act, (text) => text.includes('"event"'));
    const [line = '', ...more] = out.trimEnd().split('\n');
    expect(more).toEqual([]);
    expect(JSON.parse(line)).toMatchObject({ event: 'connection', data: { cluster: 'prod-eu', status: 'active' } });
  }));

test('OPS-4: no daemon, a wrong token and a turned off port are each one sentence, exit 1', async () => {
  const [port] = await freePorts(1);
  const dead = await cli(['tail'], { cwd: configFor(`http://127.0.0.1:${port}`) });
  expect(dead.code).toBe(1);
  expect(dead.err).toContain(`no daemon answers at http://127.0.0.1:${port}`);
  await withDaemon(async (_, cwd) => {
    const wrong = await cli(['tail'], { cwd, env: { NIGHTCRIER_HEALTH__TOKEN: 'other' } });
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain('answered 401 to /api/events');
    expect(wrong.err).toContain('fix: check health.token');
  });
  const off = await cli(['tail'], { cwd: configFor('http://127.0.0.1:80'), env: { NIGHTCRIER_HEALTH__PORT: '0' } });
  expect(off.err).toContain('NC-CLI-009');
});

test.each([[[]], [['--raw']], [['-o', 'json']]])(
  'OPS-4: --severity leaves out lesser incidents and all that is of them, in each form: %j',
  (form) =>
    withDaemon(async ({ events, reader }, cwd) => {
      const low = answeredIncident({ id: 'inc_WARN', severity: 'warning' });
      const high = answeredIncident({ id: 'inc_CRIT' });
      // Of neither an event came before its message.
      reader.details = [low, high].map((incident) => ({ incident, faults: [], runs: [] }));
      const act = (): void => {
        for (const { id } of [low, high]) events.emit('store:changed', [delivered(id)]);
        events.emit('store:changed', [{ type: 'incident', cluster: 'prod-eu', incident: low }]);
        const risen = { ...low, id: 'inc_ROSE' };
        events.emit('store:changed', [{ type: 'incident', cluster: 'prod-eu', incident: risen }]);
        events.emit('store:changed', [
          { type: 'incident', cluster: 'prod-eu', incident: { ...risen, severity: 'critical' } },
        ]);
        events.emit('store:changed', [delivered('inc_ROSE')]);
        events.emit('connection:changed', sampleStatus());
      };
      const argv = ['tail', '--severity', 'critical', ...form];
      const { out } = await follow(argv, { cwd }, act, (text) => /connection {2}|"connection"|is watched/.test(text));
      const ids = out.split('\n').map((line) => /inc_[A-Z]+/.exec(line)?.[0]);
      expect(ids).toEqual(['inc_CRIT', 'inc_ROSE', 'inc_ROSE', undefined, undefined]);
    }),
);

test('OPS-4: what cannot come is said instead of waited for: an unknown cluster, an unknown incident', () =>
  withDaemon(async (_, cwd) => {
    const deps = { openReader: async () => stateOf('inc_01K9Z3W8Q4') };
    const cluster = await cli(['tail', '--cluster', 'nope'], { cwd, deps });
    expect(cluster).toMatchObject({ code: 2, out: '' });
    expect(cluster.err).toContain('NC-CLI-004');
    const incident = await cli(['tail', '--incident', 'inc_nope'], { cwd, deps });
    expect(incident).toMatchObject({ code: 1, out: '' });
    expect(incident.err).toContain('there is no incident "inc_nope"');
    expect(cluster.err + incident.err).not.toContain('following');
  }));
