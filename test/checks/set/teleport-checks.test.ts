import { describe, expect, test } from 'vitest';
import { runChecks } from '../../../src/checks/run/run-checks.ts';
import { teleportChecks } from '../../../src/checks/set/teleport-checks.ts';
import type { CheckWorld } from '../../../src/checks/world.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { type Problem, problem } from '../../../src/lib/problem.ts';
import { teleportProblems } from '../../../src/teleport/errors.ts';

const place = { cluster: 'staging', node: 'k8s-1' };

async function checked(ofTsh: readonly Problem[], ofCluster: Problem | null) {
  const clusters = [
    { name: 'there', teleport: place, kubeconfig: null },
    { name: 'also-here', teleport: place, kubeconfig: '/k.yaml' },
    { name: 'here', teleport: null, kubeconfig: '/k.yaml' },
  ];
  const world = {
    clusters: new Map(clusters.map((cluster) => [cluster.name, cluster])),
    teleport: async () => ({ problems: ofTsh, detail: 'tsh 17.4.8, proxy 17.5.0' }),
    reached: async () => ofCluster,
  } as unknown as CheckWorld;
  const options = { clock: systemClock, limitMs: 5000 };
  const found = await runChecks(teleportChecks, world, options, new AbortController().signal);
  return found.map(({ id, subject, result, problem: said }) => [id, subject, result, said?.code ?? null]);
}

describe('OPS-4, UX-8: Teleport', () => {
  test('clusters that are read through it are asked, and no others', async () => {
    expect(await checked([], null)).toEqual([
      ['teleport.ready', null, 'passed', null],
      ['teleport.reaches', 'there', 'passed', null],
    ]);
  });

  test('what is wrong with tsh is told once (TEL-6)', async () => {
    expect(await checked([problem(teleportProblems.expired, 'x')], null)).toEqual([
      ['teleport.ready', null, 'failed', 'NC-TELEPORT-003'],
      ['teleport.reaches', 'there', 'skipped', null],
    ]);
  });

  test('what is wrong with a node is told of its cluster', async () => {
    expect(await checked([], problem(teleportProblems.unknown_node, 'x'))).toEqual([
      ['teleport.ready', null, 'passed', null],
      ['teleport.reaches', 'there', 'failed', 'NC-TELEPORT-006'],
    ]);
  });
});
