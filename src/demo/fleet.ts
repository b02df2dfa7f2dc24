import { detect } from '../kube/detect/detect.ts';
import type { KubeObject } from '../kube/cluster-reader.ts';
import { Cleanups } from '../lib/cleanups.ts';
import { type Clock, delay, systemClock } from '../lib/clock.ts';
import { addBackground, type Background } from '../sim/objects/background.ts';
import { ClusterState } from '../sim/api/cluster-state.ts';
import { type KubeApi, startKubeApi } from '../sim/api/kube-api.ts';
import { noticedFaults } from '../sim/mcp/noticed-faults.ts';
import { type PushServer, startPushServer } from '../sim/mcp/push-server.ts';
import type { ExpectedFault, FaultScript } from './scripts/fault-script.ts';
import { crashScripts } from './scripts/crash.ts';
import { jobScripts } from './scripts/job.ts';
import { nodeScripts } from './scripts/node.ts';
import { rolloutScripts } from './scripts/rollout.ts';
import { waitingScripts } from './scripts/waiting.ts';
import { World } from '../sim/objects/world.ts';

/** Every fault of the demo. */
export const faultScripts: readonly FaultScript[] = [
  ...crashScripts,
  ...rolloutScripts,
  ...nodeScripts,
  ...jobScripts,
  ...waitingScripts,
];

export interface FleetOptions {
  readonly clock?: Clock;
  readonly random?: () => number;
  /** How long the play waits for its audience, milliseconds; 8 s when it is not given. */
  readonly audienceMs?: number;
  /** How fast the play is: 1, or 10 for a tenth of its time. */
  readonly pace?: number;
}

export interface FleetCluster {
  readonly name: string;
  readonly environment: string;
  /** Address of its kubernetes-mcp-server. */
  readonly endpoint: string;
  /** Text of a kubeconfig for its API. */
  readonly kubeconfig: string;
  /** False: its server has no event subscriptions, it can only be swept. */
  readonly pushes: boolean;
}

/** The simulated fleet of the demo. */
export interface Fleet {
  readonly clusters: readonly FleetCluster[];
  /** What goes wrong in it: each is one incident. */
  readonly expected: readonly ExpectedFault[];
  /**
   * Lets every scripted fault happen, once somebody listens; resolves when all have happened: all show within 2 s,
   * the last consequence of one comes after 6 s.
   */
  play(signal: AbortSignal): Promise<void>;
  /** The servers, for tests. */
  server(cluster: string): { readonly push: PushServer; readonly api: KubeApi; readonly state: ClusterState };
  close(): Promise<void>;
}

interface Member {
  readonly facts: FleetCluster;
  readonly push: PushServer;
  readonly api: KubeApi;
  readonly world: World;
}

/** A server drops what nobody listens to, so the play waits for its audience; the sweep finds what is late. */
const defaultAudienceMs = 8000;

/** Starts three simulated clusters, each with a push server and a Kubernetes API, all well. */
export async function startFleet(options: FleetOptions = {}): Promise<Fleet> {
  const clock = options.clock ?? systemClock;
  const cleanups = new Cleanups();
  const members = new Map<string, Member>();
  try {
    for (const name of Object.keys(clusterFacts)) {
      members.set(name, await startMember(name, clock, options.random ?? Math.random, cleanups));
    }
  } catch (error) {
    await cleanups.run();
    throw error;
  }
  return {
    clusters: [...members.values()].map((member) => member.facts),
    expected: faultScripts.map(({ cluster, faultType, owner, causeWords }) => ({
      cluster,
      faultType,
      owner,
      causeWords,
    })),
    play: (signal) => play(members, options, signal),
    server: (cluster) => {
      const { push, api, world } = memberOf(members, cluster);
      return { push, api, state: world.state };
    },
    close: () => cleanups.run(),
  };
}

async function startMember(name: string, clock: Clock, random: () => number, cleanups: Cleanups): Promise<Member> {
  const { environment, pushes, background } = clusterFacts[name] ?? noFacts;
  const state = new ClusterState();
  const world = new World(state, clock, random);
  addBackground(world, background);
  for (const script of faultScripts) if (script.cluster === name) script.setUp(world);
  const push = await startPushServer({
    serverCluster: name,
    reader: state,
    events: pushes,
    subscribeDelayMs: 0,
    clock,
  });
  cleanups.add(`push server of ${name}`, () => push.close());
  const api = await startKubeApi(state, { name, clock });
  cleanups.add(`API of ${name}`, () => api.close());
  const facts = { name, environment, endpoint: push.endpoint, kubeconfig: api.kubeconfig, pushes };
  return { facts, push, api, world };
}

async function play(members: ReadonlyMap<string, Member>, options: FleetOptions, signal: AbortSignal): Promise<void> {
  const { clock = systemClock, audienceMs = defaultAudienceMs, pace = 1 } = options;
  await waitForAudience([...members.values()], clock, audienceMs, signal);
  const steps = faultScripts.flatMap((script) =>
    script.steps().map((step) => ({ ...step, member: memberOf(members, script.cluster) })),
  );
  let at = 0;
  for (const step of steps.sort((a, b) => a.at - b.at)) {
    if (step.at > at) await delay(clock, (step.at - at) / pace, signal);
    at = Math.max(at, step.at);
    const { world, push } = step.member;
    const notice = (object: KubeObject): void => {
      for (const fault of noticedFaults(detect(object, { now: clock.now() }))) push.emitFault(fault);
    };
    step.run({ world, notice });
  }
}

async function waitForAudience(
  members: readonly Member[],
  clock: Clock,
  withinMs: number,
  signal: AbortSignal,
): Promise<void> {
  const end = clock.monotonic() + withinMs;
  const listening = (member: Member): boolean => !member.facts.pushes || member.push.counts().listening > 0;
  while (!members.every(listening) && clock.monotonic() < end) await delay(clock, 50, signal);
}

function memberOf(members: ReadonlyMap<string, Member>, cluster: string): Member {
  const member = members.get(cluster);
  if (!member) throw new Error(`the fleet has no cluster ${cluster}`);
  return member;
}

interface ClusterFacts {
  readonly environment: string;
  readonly pushes: boolean;
  readonly background: Background;
}

const noFacts: ClusterFacts = { environment: '', pushes: true, background: { nodes: [], workloads: [] } };

const clusterFacts: Readonly<Record<string, ClusterFacts>> = {
  'prod-eu': {
    environment: 'production',
    pushes: true,
    background: {
      nodes: ['worker-01', 'worker-02', 'worker-03'],
      workloads: [
        ['shop/basket:3.4.1', 3],
        ['shop/pricing:4.4.0', 2],
        ['search/indexer:1.4.2', 2],
        ['platform/edge-proxy:1.29.3', 2],
        ['datalab/hub:5.1.0', 1],
      ],
    },
  },
  'prod-us': {
    environment: 'production',
    pushes: true,
    background: {
      nodes: ['worker-01', 'worker-02', 'worker-03', 'worker-04'],
      workloads: [
        ['payments/payouts:4.1.0', 2],
        ['media/uploads:2.8.0', 2],
        ['orders/order-book:4.4.1', 3],
        ['platform/edge-proxy:1.29.3', 2],
      ],
    },
  },
  staging: {
    environment: 'staging',
    pushes: false,
    background: {
      nodes: ['worker-01', 'worker-02', 'worker-03'],
      workloads: [
        ['crm/contacts:1.4.2', 1],
        ['shop/basket:3.5.0-rc1', 1],
        ['platform/edge-proxy:1.29.3', 1],
      ],
    },
  },
};
