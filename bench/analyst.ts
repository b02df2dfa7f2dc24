import path from 'node:path';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { evaluate, type Result } from '../eval/evaluate.ts';
import { recordingsDir } from '../eval/sets.ts';
import { loadRecordings } from '../eval/recording.ts';
import { costs } from '../eval/summary.ts';
import { createAnalyst } from '../src/analyst/create-analyst.ts';
import { inThread } from '../src/analyst/thread/in-thread.ts';
import type { Analyst } from '../src/domain/ports.ts';
import { addBackground } from '../src/sim/objects/background.ts';
import type { ClusterState } from '../src/sim/api/cluster-state.ts';
import { recordedState } from '../eval/recorded-state.ts';
import { World } from '../src/sim/objects/world.ts';
import { systemClock } from '../src/lib/clock.ts';
import { silentLogger } from '../src/lib/log.ts';
import type { Figure } from './figure.ts';

/** The collector's limits, which it must keep however large a cluster is. */
const maxRequests = 60;
const maxMs = 5000;

/** Collector, analyst and checker over the recorded clusters, each served as a Kubernetes API over HTTP. */
export async function analystOnRecordings(): Promise<Figure[]> {
  const results: Result[] = [];
  for (const recording of loadRecordings(recordingsDir)) results.push(await evaluate(recording));
  return costFigures(`analyst, ${results.length} recorded clusters`, results);
}

/** The same with 5,000 pods, 500 Deployments and 20,000 events beside the fault. @throws Error over a limit */
export async function analystOnLargeCluster(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [where, namespaces] of [
    ['over 100 namespaces', 100],
    ['in the namespace of the fault', 1],
  ] as const) {
    const results: Result[] = [];
    for (const id of ['001-missing-env', '085-cascade-redis-config', '100-taint', '121-cni-not-ready']) {
      const [recording] = loadRecordings(path.join(recordingsDir, `${id}.json.br`));
      if (!recording) throw new Error(`no recording ${id}`);
      const state = recordedState(recording.dump);
      const at = Date.parse(recording.truth.recorded_at ?? '');
      enlarge(state, at, namespaces === 1 ? [recording.truth.focus.namespace ?? 'large'] : names(namespaces));
      const result = await evaluate(recording, state);
      if (result.apiCalls > maxRequests || result.ms > maxMs) {
        throw new Error(`${id}: ${result.apiCalls} requests, ${Math.round(result.ms)} ms`);
      }
      results.push(result);
    }
    const right = results.filter(({ scores }) => scores?.cause_first).length;
    const name = `analyst, 5,000 pods ${where}`;
    figures.push(...costFigures(name, results), {
      name: `${name}: causes found`,
      value: right,
      unit: `of ${results.length}`,
    });
  }
  return figures;
}

/**
 * How long the loop that serves the connections stands still while 100 answers to recorded clusters, and one to a cluster
 * of 5,000 pods, are worked out.
 */
export async function analystBesideTheLoop(): Promise<Figure[]> {
  const asked: Asked[] = [];
  const recordings = [...loadRecordings(recordingsDir)];
  for (const recording of recordings) asked.push(await evaluate(recording));
  const hundred = Array.from({ length: 100 }, (_, at) => asked[at % asked.length]).filter((it) => it !== undefined);
  const [first] = recordings;
  if (!first) throw new Error('no recordings');
  const state = recordedState(first.dump);
  enlarge(state, Date.parse(first.truth.recorded_at ?? ''), [first.truth.focus.namespace ?? 'large']);
  const large = [await evaluate(first, state)];
  const local = createAnalyst({ readersFor: () => [] });
  const threaded = inThread(local, { clock: systemClock, logger: silentLogger });
  const inPlace = { analyse: async (...args: Parameters<typeof local.analyse>) => local.analyse(...args) };
  const figures: Figure[] = [];
  for (const [where, analyst] of [
    ['in place', inPlace],
    ['in the thread', threaded],
  ] as const) {
    for (const [what, all] of [
      ['100 answers at once', hundred],
      ['one over 5,000 pods', large],
    ] as const) {
      figures.push(...(await loopFigures(`${what}, ${where}`, analyst, all)));
    }
  }
  await threaded.close();
  return figures;
}

type Asked = Pick<Result, 'request' | 'evidence'>;

async function loopFigures(name: string, analyst: Pick<Analyst, 'analyse'>, all: readonly Asked[]): Promise<Figure[]> {
  let last = performance.now();
  let held = 0;
  const look = (): void => {
    held = Math.max(held, performance.now() - last);
    last = performance.now();
  };
  const looking = setInterval(look, 1);
  const begun = performance.now();
  await Promise.all(
    all.map(async ({ request, evidence }) => {
      await nextTurn();
      await analyst.analyse(request, evidence);
    }),
  );
  const ms = performance.now() - begun;
  // What held the loop to the end is seen at its next turns.
  await wait(20);
  clearInterval(looking);
  return [
    { name: `${name}: loop held, at most`, value: Math.round(held), unit: 'ms' },
    { name: `${name}: until the last`, value: Math.round(ms), unit: 'ms' },
  ];
}

function costFigures(name: string, results: readonly Result[]): Figure[] {
  const cost = costs(results);
  return [
    { name: `${name}: median`, value: cost.ms_median, unit: 'ms' },
    { name: `${name}: worst`, value: cost.ms_max, unit: 'ms' },
    { name: `${name}: API calls, median`, value: cost.api_calls_median, unit: 'requests' },
    { name: `${name}: API calls, most`, value: cost.api_calls_max, unit: 'requests' },
  ];
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `team-${at}`);
}

/** 500 healthy Deployments with ten pods each, and 40 events about each of them. */
function enlarge(state: ClusterState, at: number, namespaces: readonly string[]): void {
  let seed = 1;
  const random = (): number => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const world = new World(state, { ...systemClock, now: () => at }, random);
  const nodes = Array.from({ length: 100 }, (_, node) => `pool-${node}`);
  const workloads = Array.from({ length: 500 }, (_, one): [string, number] => [
    `${namespaces[one % namespaces.length]}/svc-${one}:1.0.0`,
    10,
  ]);
  addBackground(world, { nodes, workloads });
  const deployments = state.select('apps/v1', 'Deployment', {}).filter((it) => it.metadata.name.startsWith('svc-'));
  for (const about of deployments) {
    for (let one = 0; one < 40; one += 1) {
      world.event({
        about,
        type: 'Normal',
        reason: 'ScalingReplicaSet',
        message: `Scaled up replica set ${about.metadata.name} from ${one} to ${one + 1}`,
        component: 'deployment-controller',
        first: 3_600_000 + one * 60_000,
      });
    }
  }
}
