import { expect, test } from 'vitest';
import { cli, type CliRun, type CliWorld } from '../../support/cli-run.ts';
import { freePorts } from '../../support/free-ports.ts';
import { sampleStatus } from '../../support/health-fixture.ts';
import { answeredIncident, sampleRun } from '../../support/incident-samples.ts';
import { configFor, token, withDaemon } from '../../support/running-daemon.ts';
import { waitUntil } from '../../support/wait-until.ts';

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
    const one = await follow(['tail', '--raw', '--incident', 'w8q5'], { cwd }, act, (text) => text.includes('Q5'));
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
