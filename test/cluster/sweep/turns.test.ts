import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SweepLimits } from '../../../src/cluster/sweep/limits.ts';
import { Looks, Turns } from '../../../src/cluster/sweep/memory.ts';
import { Sweeper } from '../../../src/cluster/sweep/sweeper.ts';
import type { ToolCaller } from '../../../src/domain/ports.ts';
import { type KubeObject, ReadError } from '../../../src/kube/cluster-reader.ts';
import { listTable } from '../../../src/sim/api/kube-table.ts';
import { fakeTools } from '../../support/fake-tools.ts';
import { ago, container, now, object, ownedBy, pod, wellPod } from '../../support/kube-objects.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const signal = AbortSignal.timeout(120_000);
const large = new ReadError('too_large', 'too large');

/** Evicted two days ago and replaced since: its row looks ill, and it is no fault. */
const leftover = (index: number): KubeObject => {
  const name = `old-${String(index % 45).padStart(2, '0')}-7cbbf95f8c-${letters(index)}`;
  const long = { creationTimestamp: ago(2 * 86_400), uid: `uid-${name}` };
  return pod(
    name,
    { phase: 'Failed', reason: 'Evicted', startTime: ago(2 * 86_400) },
    ownedBy('ReplicaSet', `old-${index % 45}`, long),
  );
};
const letters = (index: number): string =>
  [...String(index).padStart(5, '0')].map((digit) => 'bcdfghjklm'[Number(digit)]).join('');
const crash = (name: string, namespace = 'shop'): KubeObject =>
  pod(
    name,
    {
      phase: 'Running',
      containerStatuses: [container({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 5 })],
    },
    { metadata: { uid: `uid-${namespace}-${name}`, namespace } },
  );

interface Cluster extends ToolCaller {
  objects: KubeObject[];
  /** Objects read one by one since the last sweep began. */
  reads: string[];
}

/** A server in table mode that gives each list in another order. */
function tableServer(objects: readonly KubeObject[], seed = 1): Cluster {
  const tools = fakeTools(objects);
  let random = seed;
  const next = (): number => (random = (random * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
  const cluster: Cluster = {
    objects: [...objects],
    reads: [],
    callTool: async (tool, args, end) => {
      tools.objects = cluster.objects;
      if (tool === 'resources_get') cluster.reads.push(String(args['name']));
      const answer = await tools.callTool(tool, args, end);
      if (tool !== 'resources_list' || answer.isError) return answer;
      const { items } = answer.structured as { items: KubeObject[] };
      const shuffled = items.map((one) => ({ one, at: next() })).sort((a, b) => a.at - b.at);
      const text = listTable(
        String(args['apiVersion']),
        String(args['kind']),
        shuffled.map(({ one }) => one),
        now,
      );
      return { text, structured: null, isError: false };
    },
  };
  return cluster;
}

const sweeperOf = (limits: Partial<SweepLimits>): ((tools: ToolCaller) => ReturnType<Sweeper['run']>) => {
  const sweeper = new Sweeper({ clock: new ManualClock(now), limits });
  return (tools) => sweeper.run('c', tools, '', [], signal);
};

/** Sweeps until each name was read; how many it took. */
async function sweepsUntilRead(run: () => Promise<unknown>, cluster: Cluster, names: readonly string[], most: number) {
  const missing = new Set(names);
  for (let sweeps = 1; sweeps <= most; sweeps += 1) {
    cluster.reads = [];
    await run();
    for (const name of cluster.reads) missing.delete(name);
    if (missing.size === 0) return sweeps;
  }
  return `${missing.size} of ${names.length} never read in ${most} sweeps`;
}

describe('CON-6: old leftovers do not hide what is new', () => {
  test('a crash behind 270 evicted pods is found by the next sweep, and nothing is told as unread for ever', async () => {
    const cluster = tableServer([...Array.from({ length: 270 }, (_, index) => leftover(index)), wellPod('pay')]);
    const run = sweeperOf({});
    for (let sweep = 0; sweep < 3; sweep += 1) await run(cluster);
    expect(await run(cluster)).toMatchObject({ result: 'ok', warnings: [] });
    cluster.objects = [...cluster.objects.filter((one) => one.metadata.name !== 'pay'), crash('pay')];
    expect((await run(cluster)).report.findings.map((one) => one.resource.name)).toEqual(['pay']);
  });

  test('also at the very first sweep', async () => {
    const leftovers = Array.from({ length: 270 }, (_, index) => leftover(index));
    const end = await sweeperOf({})(tableServer([...leftovers, crash('zz')]));
    expect(end.report.findings.map((one) => one.resource.name)).toEqual(['zz']);
  });

  test('property: whatever their order and number, each is looked at within its turn, and a new fault next', async () => {
    const cases = fc.record({
      count: fc.integer({ min: 0, max: 60 }),
      maxReads: fc.integer({ min: 4, max: 25 }),
      perOwner: fc.integer({ min: 1, max: 12 }),
      seed: fc.integer({ min: 1, max: 1_000_000 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ count, maxReads, perOwner, seed }) => {
        const leftovers = Array.from({ length: count }, (_, index) => leftover(index));
        const cluster = tableServer(leftovers, seed);
        const run = sweeperOf({ maxReads, maxReadsPerOwner: perOwner });
        const names = leftovers.map((one) => one.metadata.name);
        const most = Math.ceil(count / maxReads) + 1;
        // Twice: the second round has seen them all before.
        for (let round = 0; round < 2; round += 1) {
          expect(await sweepsUntilRead(() => run(cluster), cluster, names, most)).toBeTypeOf('number');
        }
        expect(cluster.reads.length).toBeLessThanOrEqual(maxReads + 1);
        cluster.objects = [...cluster.objects, crash('new')];
        expect((await run(cluster)).report.findings.map((one) => one.resource.name)).toContain('new');
      }),
      { numRuns: 40 },
    );
  });

  test('property: rows over the bound take turns, and what is telling is kept first', async () => {
    const cases = fc.record({
      ended: fc.integer({ min: 0, max: 60 }),
      well: fc.integer({ min: 0, max: 60 }),
      bound: fc.integer({ min: 5, max: 30 }),
      form: fc.constantFrom<'table' | 'objects'>('table', 'objects'),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ ended, well, bound, form }) => {
        const old = Array.from({ length: ended }, (_, index) => leftover(index));
        const others = Array.from({ length: well }, (_, index) => wellPod(`well-${index}`));
        const cluster = tableServer([...old, ...others]);
        const source = form === 'table' ? cluster : fakeTools([]);
        const run = sweeperOf({ maxObjectsPerKind: bound });
        if ('objects' in source) source.objects = [...old, ...others];
        const most = Math.ceil(ended / bound) + 1;
        const names = old.map((one) => one.metadata.name);
        const wanted = form === 'table' ? names : [];
        expect(await sweepsUntilRead(() => run(source), cluster, wanted, most)).toBeTypeOf('number');
        source.objects = [...source.objects, crash('new')];
        expect((await run(source)).report.findings.map((one) => one.resource.name)).toContain('new');
      }),
      { numRuns: 40 },
    );
  });

  test('namespaces that are read one by one take turns', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `ns-${index}`);
    const tools = fakeTools([
      ...names.map((name) => object('Namespace', name)),
      ...names.map((name) => crash('p', name)),
    ]);
    tools.fail = (_, args) => (args['kind'] === 'Pod' && !args['namespace'] ? large : null);
    const run = sweeperOf({ maxNamespaces: 3 });
    const found = new Set<string | null>();
    for (let sweep = 0; sweep < 4; sweep += 1) {
      for (const one of (await run(tools)).report.findings) found.add(one.resource.namespace);
    }
    expect(found).toEqual(new Set(names));
  });

  test('findings over the limit take turns', async () => {
    const pods = Array.from({ length: 10 }, (_, index) => crash(`p-${index}`));
    const run = sweeperOf({ maxFindings: 3 });
    const found = new Set<string>();
    for (let sweep = 0; sweep < 4; sweep += 1) {
      for (const one of (await run(fakeTools(pods))).report.findings) found.add(one.resource.name);
    }
    expect(found.size).toBe(10);
  });

  test('well-looking nodes take turns, whatever is added and taken away', async () => {
    const nodes = Array.from({ length: 12 }, (_, index) =>
      object('Node', `n-${String(index).padStart(2, '0')}`, {
        status: { conditions: [{ type: 'Ready', status: 'True' }] },
      }),
    );
    const cluster = tableServer(nodes);
    const run = sweeperOf({ nodesInTurn: 5 });
    const names = nodes.map((one) => one.metadata.name);
    expect(await sweepsUntilRead(() => run(cluster), cluster, names, 3)).toBe(3);
  });

  test('what can never be read is not first for ever', async () => {
    const broken = ['a', 'b', 'c', 'd'].map((name) => crash(name));
    const cluster = tableServer([...broken, crash('z')]);
    const hanging: ToolCaller = {
      callTool: (tool, args, end) => {
        const stuck = tool === 'resources_get' && ['a', 'b', 'c', 'd'].includes(String(args['name']));
        return stuck ? Promise.reject(new Error('connection reset')) : cluster.callTool(tool, args, end);
      },
    };
    const run = sweeperOf({});
    const found: string[] = [];
    for (let sweep = 0; sweep < 2; sweep += 1) {
      found.push(...(await run(hanging)).report.findings.map((one) => one.resource.name));
    }
    expect(found).toContain('z');
  });

  test('what does not change has its turn, however much else changes at every sweep', async () => {
    const restarting = (sweep: number): KubeObject[] =>
      Array.from({ length: 12 }, (_, index) => starting(`busy-${index}`, sweep));
    const starting = (name: string, restartCount: number): KubeObject =>
      pod(name, {
        phase: 'Pending',
        containerStatuses: [container({ waiting: { reason: 'PodInitializing' } }, { restartCount })],
      });
    const still = starting('still', 0);
    const cluster = tableServer([...restarting(0), still]);
    const run = sweeperOf({ maxReads: 4 });
    const readAt: number[] = [];
    for (let sweep = 1; sweep <= 40; sweep += 1) {
      cluster.objects = [...restarting(sweep), still];
      cluster.reads = [];
      await run(cluster);
      if (cluster.reads.includes('still')) readAt.push(sweep);
    }
    expect(readAt.length).toBeGreaterThan(3);
  });

  test('a sweep that takes too long gives what it has, and the rest is first the next time', async () => {
    const clock = new ManualClock(now);
    const cluster = tableServer(Array.from({ length: 6 }, (_, index) => crash(`p-${index}`)));
    const slow: ToolCaller = {
      callTool: async (tool, args, end) => {
        if (tool === 'resources_get') await clock.advance(60_000);
        return await cluster.callTool(tool, args, end);
      },
    };
    const sweeper = new Sweeper({ clock, limits: { maxMs: 150_000 } });
    const found = new Set<string>();
    const ends = [await sweeper.run('c', slow, '', [], signal), await sweeper.run('c', slow, '', [], signal)];
    expect(ends[0]?.warnings).toEqual(['3 suspects not read, the sweep takes too long']);
    for (const { report } of ends) for (const one of report.findings) found.add(one.resource.name);
    expect(found.size).toBe(6);
  });
});

describe('turns', () => {
  test('property: each item has its turn within ceil(n / bound) takes', () => {
    const cases = fc.record({
      items: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 40 }),
      bound: fc.integer({ min: 1, max: 10 }),
    });
    fc.assert(
      fc.property(cases, ({ items, bound }) => {
        const turns = new Turns();
        const had = new Set<string>();
        for (let take = 0; take < Math.ceil(items.length / bound); take += 1) {
          for (const one of turns.take('line', items.toReversed(), bound, (item) => item)) had.add(one);
        }
        expect(had.size).toBe(items.length);
      }),
    );
  });

  test('looks: new, changed, as it was; bounded', () => {
    const looks = new Looks();
    expect([looks.isNew('a', 'x'), looks.lookedAt('a')]).toEqual([true, -1]);
    looks.looked('a', 'x');
    expect([looks.isNew('a', 'x'), looks.isNew('a', 'y')]).toEqual([false, true]);
    looks.looked('b', 'x');
    expect(looks.lookedAt('a')).toBeLessThan(looks.lookedAt('b'));
    looks.keepOnly(new Set(['b']));
    expect(looks.isNew('a', 'x')).toBe(true);
    for (let index = 0; index < 20_001; index += 1) looks.looked(`c-${index}`, 'x');
    expect(looks.isNew('b', 'x')).toBe(true);
    expect(looks.isNew('c-20000', 'x')).toBe(false);
  });
});
