import { expect, test } from 'vitest';
import { Pulse, ReplacedError } from '../../../src/cluster/watch/pulse.ts';
import { ReadError } from '../../../src/kube/cluster-reader.ts';
import type { ApiAccess } from '../../../src/kube/credential/api-access.ts';
import { object } from '../../support/kube-objects.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** A cluster that says `uid`; with null its namespace is not there, with an error it answers so. */
function cluster() {
  const clock = new ManualClock();
  const said = { uid: 'a' as string | ReadError | null, server: 'https://one', asked: 0 };
  const access = {
    connect: async () => ({ server: said.server, headers: {}, dispatcher: null as never }),
    refused: () => false,
  } satisfies ApiAccess;
  const reader = {
    get: async () => {
      said.asked += 1;
      if (said.uid instanceof ReadError) throw said.uid;
      return said.uid === null ? null : object('Namespace', 'kube-system', { metadata: { uid: said.uid } });
    },
  };
  const pulse = new Pulse({ clock, connection: { ping_interval: 25_000 } });
  const control = new AbortController();
  return { clock, said, control, pulse, beat: () => pulse.beat(access, reader, control.signal), access, reader };
}

test('CON-8: the same cluster may answer again and again, also when it may not say who it is', async () => {
  const { said, beat } = cluster();
  await beat();
  said.uid = new ReadError('forbidden', '403', { status: 403 });
  await beat();
  said.uid = null;
  await beat();
  said.uid = 'a';
  await beat();
  expect(said.asked).toBe(4);
});

test('CON-8: another uid is another cluster, and so is another server when there is no uid', async () => {
  const { said, beat } = cluster();
  await beat();
  said.uid = 'b';
  await expect(beat()).rejects.toThrow(ReplacedError);
  await beat();
  said.uid = null;
  said.server = 'https://two';
  await expect(beat()).rejects.toThrow(ReplacedError);
  await beat();
});

test('CON-8: the same cluster under another address goes on', async () => {
  const { said, beat } = cluster();
  await beat();
  said.server = 'https://two';
  await beat();
  expect(said.asked).toBe(2);
});

test('CON-8: it asks every ping_interval, sooner when there is doubt, and tells what ends it', async () => {
  const { clock, said, control, pulse, access, reader } = cluster();
  const kept = pulse.keep(access, reader, control.signal).catch((error: unknown) => error);
  await clock.advance(24_000);
  expect(said.asked).toBe(0);
  await clock.advance(1000);
  expect(said.asked).toBe(1);
  pulse.now();
  await clock.advance(1000);
  expect(said.asked).toBe(2);
  said.uid = new ReadError('unreachable', 'connection refused');
  await clock.advance(25_000);
  expect(await kept).toMatchObject({ failure: 'unreachable' });
});
