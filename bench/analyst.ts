import path from 'node:path';
import { evaluate, type Result } from '../eval/evaluate.ts';
import { recordingsDir } from '../eval/sets.ts';
import { loadRecordings } from '../eval/recording.ts';
import { costs } from '../eval/summary.ts';
import { addBackground } from '../src/sim/objects/background.ts';
import type { ClusterState } from '../src/sim/api/cluster-state.ts';
import { recordedState } from '../eval/recorded-state.ts';
import { World } from '../src/sim/objects/world.ts';
import { systemClock } from '../src/lib/clock.ts';
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
