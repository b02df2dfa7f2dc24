import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ReadError } from '../../src/kube/cluster-reader.ts';
import { ApiReader } from '../../src/kube/read/api-reader.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { TeleportAccesses } from '../../src/teleport/teleport-accesses.ts';
import { StubTsh } from '../support/stub-tsh.ts';
import { tempDir } from '../support/temp-dir.ts';

const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };

/** Reads a cluster over `tsh proxy kube`. */
function prepared(): { stub: StubTsh; read: () => Promise<unknown> } {
  const own = path.join(tempDir(), 'kubeconfig');
  writeFileSync(own, 'apiVersion: v1\nkind: Config\n');
  const stub = new StubTsh(tempDir(), own);
  const accesses = new TeleportAccesses({ spawn: spawnProcess, clock: systemClock, env, random: () => 0 });
  onTestFinished(() => accesses.close());
  const { api } = accesses.of('east', stub.place({ access: 'kube' }));
  const reader = new ApiReader(api, { timeoutMs: 20_000 });
  const { signal } = new AbortController();
  return { stub, read: () => reader.document('/version', signal).catch((error: unknown) => error) };
}

test.each([
  ['not logged in', (stub: StubTsh) => stub.login('out'), 'unauthorized', 'NC-TELEPORT-002'],
  ['a proxy that is away', (stub: StubTsh) => stub.reachable(false), 'unreachable', 'NC-TELEPORT-004'],
  ['a proxy that ends', (stub: StubTsh) => stub.proxyEnds(true), 'unreachable', 'NC-TELEPORT-012'],
] as const)('over tsh proxy kube a read says why it failed: %s (TEL-6)', async (_, before, failure, code) => {
  const { stub, read } = prepared();
  before(stub);
  const error = await read();
  expect(error).toBeInstanceOf(ReadError);
  expect(error).toMatchObject({ failure, problem: { code } });
  expect((error as ReadError).message).not.toContain('no credentials');
});
