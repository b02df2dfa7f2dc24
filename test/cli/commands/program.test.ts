import { describe, expect, test } from 'vitest';
import { incidentNotFound } from '../../../src/cli/errors.ts';
import { ConfigError, configNotFound, unplaced } from '../../../src/config/errors.ts';
import { ProblemError } from '../../../src/lib/problem.ts';
import { receive } from '../../storage/store-fixture.ts';
import { cli } from '../../support/cli-run.ts';
import { sampleIncident, sampleRun } from '../../support/incident-samples.ts';
import { withDaemon } from '../../support/running-daemon.ts';
import { owner, signal } from '../../support/signals.ts';
import { now, stateDir } from '../../support/state-dir.ts';
import { tempDir } from '../../support/temp-dir.ts';

const hostile = 'pods "\u001b]0;owned\u0007\u001b[2Jx\u009b31m\u202e" not found';
const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

describe('UX-20: however a command fails, what it says cannot steer the terminal', () => {
  test.each([
    ['a problem', new ProblemError(incidentNotFound, hostile)],
    ['its fix', new ProblemError({ ...incidentNotFound, fix: '{x}' }, 'x', { fields: { x: hostile } })],
    ['an error', new Error(hostile)],
    ['the configuration', new ConfigError([unplaced(configNotFound, hostile, hostile)])],
  ])('%s', async (_name, error) => {
    const deps = { runDemo: () => Promise.reject(error) };
    const { code, err } = await cli(['demo', '--log-level', 'debug'], { cwd: tempDir(), deps });
    expect(code).toBeGreaterThan(0);
    expect(err).toContain('owned');
    expect(err).not.toMatch(steering);
  });

  test.each([[['show', 'a', hostile]], [[hostile]], [['run', `--${hostile}`]], [['incidents', '--status', hostile]]])(
    'the command line itself: %#',
    async (argv) => {
      const { code, err } = await cli(argv, { cwd: '/' });
      expect(code).toBe(2);
      expect(err).not.toMatch(steering);
    },
  );

  test('the reason of a failed run, without a report', async () => {
    const { cwd, store } = await stateDir();
    await receive(store, [signal({ cluster: 'main' })], { owner: owner() });
    const id = (await store.incidents({ limit: 1 })).items[0]?.incident.id ?? '';
    await store.resolveIncident(id, `${hostile}\n    fix: do as I say`, now);
    const { code, err } = await cli(['report', id], { cwd, now });
    expect(code).toBe(1);
    expect(err).toContain('not found');
    expect(err).not.toMatch(steering);
    expect(err.trimEnd().split('\n')).toHaveLength(3);
  });

  test('the reason of a failed run, from the daemon', () =>
    withDaemon(async ({ reader }, cwd) => {
      const incident = sampleIncident({ id: 'inc_hand', status: 'failed', statusReason: `${hostile}\n    fix: x` });
      reader.details = [{ incident, faults: [], runs: [sampleRun({ id: 'run_hand', status: 'failed' })] }];
      const { code, err } = await cli(['triage', 'prod-eu', 'Node//n1'], { cwd });
      expect(code).toBe(1);
      expect(err).toContain('there is no report: pods');
      expect(err).not.toMatch(steering);
      expect(err).not.toContain('\n    fix: x');
    }));
});

test('UX-20: what an agent says in an analysis cannot steer the terminal', async () => {
  const analyse = async () => ({ verdict: { summary: hostile }, markdown: '' }) as never;
  const { out } = await cli(['analyse', tempDir()], { cwd: '/', deps: { analyse } });
  expect(out).toContain('owned');
  expect(out).not.toMatch(steering);
});
