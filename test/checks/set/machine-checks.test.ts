import { describe, expect, test } from 'vitest';
import { machineChecks } from '../../../src/checks/set/machine-checks.ts';
import type { CheckWorld } from '../../../src/checks/world.ts';
import type { SpawnResult } from '../../../src/lib/process/spawn.ts';

interface Machine {
  readonly ahead?: readonly (number | null)[];
  readonly versions?: readonly (string | null)[];
  readonly kubectl?: string | null;
}

async function codeOf(id: string, { ahead = [], versions = [], kubectl = 'v1.34.1' }: Machine): Promise<string | null> {
  const count = Math.max(ahead.length, versions.length);
  const names = Array.from({ length: count }, (_, i) => `c${i}`);
  const triaged = { triageEnabled: true, kubeconfig: '/k.yaml' };
  const answer = {
    reason: kubectl === null ? 'spawn_failed' : 'exit',
    error: 'ENOENT',
    stdout: `{"gitVersion": "${kubectl}"}`,
  };
  const world = {
    env: {},
    clusters: new Map(names.map((name) => [name, { name, ...triaged }])),
    spawn: async () => answer as unknown as SpawnResult,
    apiVersion: async ({ name }: { name: string }) => {
      const at = names.indexOf(name);
      return { version: versions[at] ?? null, aheadMs: ahead[at] ?? null };
    },
  } as unknown as CheckWorld;
  const check = machineChecks.find((one) => one.id === id);
  const found = await check?.run(world, '', new AbortController().signal);
  return found && 'problems' in found ? (found.problems[0]?.code ?? null) : 'skipped';
}

describe('OPS-4: the clock of this machine', () => {
  test.each<[string, (number | null)[], string | null]>([
    ['agrees', [0, 400, -300], null],
    ['is off by less than a minute', [59_000, 59_000], null],
    ['is behind', [90_000, 95_000, 91_000], 'NC-HOST-001'],
    ['is ahead', [-3_600_000], 'NC-HOST-001'],
    ['differs from one server that is wrong itself', [200, 3_600_000, 100], null],
    ['cannot be compared', [null, null], 'skipped'],
  ])('%s', async (_name, ahead, code) => {
    expect(await codeOf('host.clock', { ahead })).toBe(code);
  });
});

describe('OPS-4: kubectl', () => {
  test.each<[string, Machine, string | null]>([
    ['is near', { versions: ['v1.33.1', 'v1.31.9-eks-1'] }, null],
    ['is four minor versions newer', { versions: ['v1.30.2'] }, 'NC-KUBE-033'],
    ['is four minor versions older', { versions: ['v1.34.0'], kubectl: 'v1.30.0' }, 'NC-KUBE-033'],
    ['is not installed', { versions: ['v1.34.0'], kubectl: null }, 'NC-KUBE-032'],
    ['says no version', { versions: ['v1.34.0'], kubectl: 'nonsense' }, 'NC-KUBE-032'],
    ['cannot be compared', { versions: [null] }, null],
  ])('%s', async (_name, machine, code) => {
    expect(await codeOf('host.kubectl', machine)).toBe(code);
  });
});
