import { describe, expect, test } from 'vitest';
import { receive } from '../../storage/store-fixture.ts';
import { cli, type CliRun, type CliWorld } from '../../support/cli-run.ts';
import { HealthFixture } from '../../support/health-fixture.ts';
import { freePorts } from '../../support/free-ports.ts';
import { token, withDaemon } from '../../support/running-daemon.ts';
import { owner, signal } from '../../support/signals.ts';
import { answeredIn, now, stateDir } from '../../support/state-dir.ts';
import { waitUntil } from '../../support/wait-until.ts';

type State = Awaited<ReturnType<typeof stateDir>>;

interface Watching extends State {
  /** What was written so far. */
  readonly text: () => string;
  /** Tells the command that an incident changed. */
  readonly changed: (id: string) => Promise<void>;
}

/** `incidents --watch` beside a daemon whose state the test changes; ends with Ctrl-C when `act` is through. */
async function watch(
  argv: readonly string[],
  world: Partial<CliWorld>,
  act: (watching: Watching, daemon: HealthFixture) => Promise<void>,
): Promise<CliRun> {
  const state = await stateDir();
  let run: CliRun | null = null;
  await withDaemon(async (daemon) => {
    const stop = new AbortController();
    let text = '';
    const env = { NIGHTCRIER_HEALTH__PORT: new URL(daemon.url).port, NIGHTCRIER_HEALTH__TOKEN: token, NO_COLOR: '1' };
    const running = cli(['incidents', '--watch', ...argv], {
      cwd: state.cwd,
      now,
      ...world,
      env: { ...env, ...world.env },
      signal: stop.signal,
      onText: (part) => (text += part),
    });
    const changed = async (id: string): Promise<void> => {
      const incident = (await state.store.incident(id))?.incident;
      if (incident) daemon.events.emit('store:changed', [{ type: 'incident', cluster: incident.cluster, incident }]);
    };
    try {
      await act({ ...state, text: () => text, changed }, daemon);
    } finally {
      stop.abort();
      run = await running;
    }
  });
  if (run === null) throw new Error('the command did not run');
  return run;
}

const screen = { tty: true, columns: 60, rows: 12 };

describe('on a terminal', () => {
  test('OPS-4: the list is drawn anew with each change, and left on the terminal at the end', async () => {
    let id = '';
    const { code, out } = await watch([], screen, async ({ store, text, changed }) => {
      await waitUntil(() => text().includes('no incidents · '), 'the empty list', 20_000);
      ({ id } = await answeredIn(store));
      await changed(id);
      await waitUntil(() => text().includes(id), 'the incident', 20_000);
      expect(text()).toMatch(/1 incident · \d\d:\d\d:\d\d\+00:00 · Ctrl-C ends/);
    });
    expect(code).toBe(0);
    // In a buffer of its own without a cursor, given back before the list is printed.
    expect(out.startsWith('\u001b[?1049h\u001b[?25l\u001b[H')).toBe(true);
    const [, rest = ''] = out.split('\u001b[?25h\u001b[?1049l');
    expect(rest.split('\n')).toEqual([
      expect.stringMatching(/^AGE +SEVERITY/),
      expect.stringMatching(/reported +main +/),
      expect.stringMatching(/^ {30,}\(Deployment\)$/),
      '     ConfigMap shop/settings has no key REDIS_URL (evident)',
      `     ${id}`,
      '',
    ]);
  });

  test('OPS-4: what does not fit is counted; no line is wider or lower than the screen', async () => {
    const { out } = await watch(['--limit', '4'], screen, async ({ store, text, changed }) => {
      for (const name of ['a', 'b', 'c', 'd', 'e']) {
        await receive(store, [signal({ cluster: 'main', pod: name })], { owner: owner(name) });
      }
      const [newest] = (await store.incidents({ limit: 1 })).items;
      await waitUntil(() => text().includes('no incidents'), 'the first screen', 20_000);
      await changed(newest?.incident.id ?? '');
      await waitUntil(() => text().includes(' more\r\n'), 'all of it', 20_000);
    });
    const drawn = out.split('\u001b[?25h')[0]?.split('\u001b[H').at(-1) ?? '';
    const lines = drawn
      .replaceAll(/\u001b\[[KJ]/g, '')
      .trimEnd()
      .split('\r\n');
    expect(lines[0]).toMatch(/^4 incidents and more · /);
    expect(lines.at(-1)).toBe('… and 2 more');
    expect(lines.length).toBeLessThanOrEqual(12);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
  });

  test.each([
    [40, 24],
    [52, 20],
    [24, 8],
  ])('OPS-4: at %i columns and %i rows the head and the newest incident stand at the top', async (columns, rows) => {
    const { out } = await watch([], { ...screen, columns, rows }, async ({ store, text, changed }) => {
      await waitUntil(() => text().includes('no incid'), 'the empty list', 20_000);
      for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']) {
        await receive(store, [signal({ cluster: 'main', pod: name })], { owner: owner(name) });
      }
      await changed((await store.incidents({ limit: 1 })).items[0]?.incident.id ?? '');
      await waitUntil(() => text().includes('H\u001b[K10 incide'), 'all of it', 20_000);
    });
    const drawn = out.split('\u001b[?25h')[0]?.split('\u001b[H').at(-1) ?? '';
    const lines = drawn
      .replaceAll(/\u001b\[[KJ]/g, '')
      .trimEnd()
      .split('\r\n');
    expect(lines[0]).toMatch(/^10 incide/);
    expect(lines[2]).toMatch(/^AGE/);
    expect(lines[3]).toMatch(/^\d+m +(critical +)?(open +)?main/);
    expect(lines.length).toBeLessThanOrEqual(rows);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
  });

  test('OPS-4: a lost connection is said on the screen, and ends nothing', async () => {
    const { code } = await watch([], screen, async ({ text }, daemon) => {
      await waitUntil(() => text().includes('no incidents · '), 'the list', 20_000);
      await daemon.stop();
      await waitUntil(() => text().includes('connection lost, trying again'), 'the loss', 20_000);
    });
    expect(code).toBe(0);
  });
});

describe('elsewhere', () => {
  test('OPS-4 UX-20: each change of an incident is printed once, its end too', async () => {
    const { code, out, err } = await watch([], {}, async ({ store, text, changed }) => {
      const { id } = await answeredIn(store);
      await changed(id);
      await waitUntil(() => text().includes('reported'), 'the incident', 20_000);
      await changed(id);
      await store.orderIncident(id, { kind: 'ack', by: 'ana', comment: '' }, now);
      await changed(id);
      await waitUntil(() => text().includes('acknowledged by ana'), 'the acknowledgement', 20_000);
      await store.resolveIncident(id, 'cleared', now);
      await changed(id);
      await waitUntil(() => text().includes('resolved'), 'its end', 20_000);
    });
    expect(code).toBe(0);
    expect(out).not.toContain('\u001b');
    const rows = out.split('\n').filter((line) => / main /.test(line));
    expect(rows.map((row) => row.split(/ +/)[2])).toEqual(['reported', 'reported', 'resolved']);
    expect(err).toContain('following http://127.0.0.1:');
  });

  test.each([[[]], [['-o', 'json']]])(
    'OPS-4 UX-20: a lost connection is said once on standard error, and that it is back: %j',
    async (form) => {
      let port = 0;
      const { code, out, err } = await watch(form, {}, async ({ text }, daemon) => {
        await waitUntil(() => text().includes('following '), 'the connection', 20_000);
        port = Number(new URL(daemon.url).port);
        await daemon.stop();
        await waitUntil(() => text().includes('connection lost, trying again\n'), 'the loss', 20_000);
        const back = await HealthFixture.start({ token: () => token, port });
        await waitUntil(() => text().includes('connected again\n'), 'the return', 30_000);
        await back.stop();
      });
      expect({ code, out }).toEqual({ code: 0, out: '' });
      expect(err).toMatch(/^following http:\/\/\S+, Ctrl-C ends\nconnection lost, trying again\nconnected again\n/);
    },
  );

  test('OPS-4 UX-20: -o json is one object a line, also on a terminal', async () => {
    const { out } = await watch(['-o', 'json'], screen, async ({ store, text, changed }) => {
      const { id } = await answeredIn(store);
      await changed(id);
      await waitUntil(() => text().includes('"reported"'), 'the incident', 20_000);
    });
    const [line = '', ...more] = out.trimEnd().split('\n');
    expect(more).toEqual([]);
    expect(JSON.parse(line)).toMatchObject({ cluster: 'main', status: 'reported' });
  });
});

test('OPS-4: without a daemon it is one sentence, exit 1, and the terminal stays as it was', async () => {
  const { cwd } = await stateDir();
  const [port] = await freePorts(1);
  const env = { NIGHTCRIER_HEALTH__PORT: String(port) };
  const { code, out, err } = await cli(['incidents', '-w'], { cwd, env, ...screen });
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain('NC-CLI-005');
});
