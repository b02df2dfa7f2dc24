import { expect, test } from 'vitest';
import { CredentialCache } from '../../../src/kube/credential/credential-cache.ts';
import { askCommand } from '../../../src/kube/credential/exec-credential.ts';
import type { SpawnResult } from '../../../src/lib/process/spawn.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const minute = 60_000;
const apiVersion = 'client.authentication.k8s.io/v1';

/** A source whose command gives `status`, and how often it was run. */
function sourceOf(clock: ManualClock, status: () => object) {
  const runs: number[] = [];
  const spawn = (): Promise<SpawnResult> => {
    runs.push(clock.now());
    const stdout = JSON.stringify({ apiVersion, kind: 'ExecCredential', status: status() });
    const ended = {
      reason: 'exit',
      exitCode: 0,
      exitSignal: null,
      stderr: '',
      droppedBytes: 0,
      durationMs: 1,
    } as const;
    return Promise.resolve({ ...ended, stdout, error: null });
  };
  const exec = { apiVersion, command: 'credential' };
  return {
    runs,
    source: new CredentialCache(() => askCommand(exec, { cluster: {}, ca: null }, { spawn, clock, env: {} }), clock),
  };
}

test('a credential is asked for again shortly before it expires', async () => {
  const clock = new ManualClock();
  const expirationTimestamp = (): string => new Date(clock.now() + 15 * minute).toISOString();
  const { runs, source } = sourceOf(clock, () => ({ token: 't', expirationTimestamp: expirationTimestamp() }));
  await source.get();
  await clock.advance(14 * minute);
  await source.get();
  expect(runs).toHaveLength(1);
  await clock.advance(55_000);
  await source.get();
  expect(runs).toHaveLength(2);
});

test('one without an end lasts until the API server refuses it, and is not asked for again and again', async () => {
  const clock = new ManualClock();
  let token = 'first';
  const { runs, source } = sourceOf(clock, () => ({ token }));
  expect(await source.get()).toEqual({ token: 'first', certificate: null, key: null });
  await clock.advance(24 * 60 * minute);
  expect((await source.get()).token).toBe('first');
  token = 'second';
  expect(source.refused()).toBe(true);
  expect((await source.get()).token).toBe('second');
  expect(source.refused()).toBe(false);
  expect((await source.get()).token).toBe('second');
  expect(runs).toHaveLength(2);
});
