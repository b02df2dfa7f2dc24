import { ClusterState } from '../../src/sim/api/cluster-state.ts';
import { type KubeApi, startKubeApi } from '../../src/sim/api/kube-api.ts';
import { noticedFaults } from '../../src/sim/mcp/noticed-faults.ts';
import { makePod } from '../../src/sim/objects/pods.ts';
import { type PushServer, type PushServerOptions, startPushServer } from '../../src/sim/mcp/push-server.ts';
import { available, type DeploymentFacts, makeDeployment, makeReplicaSet } from '../../src/sim/objects/workloads.ts';
import { World } from '../../src/sim/objects/world.ts';
import { faultId } from '../../src/domain/fault.ts';
import { detect } from '../../src/kube/detect/detect.ts';
import type { KubeObject } from '../../src/kube/cluster-reader.ts';

/** A cluster in this process: a push server and a Kubernetes API over HTTP, and pods that a test lets crash. */
export class SimulatedCluster {
  readonly name: string;
  readonly push: PushServer;
  readonly api: KubeApi;
  readonly #world: World;

  private constructor(name: string, world: World, push: PushServer, api: KubeApi) {
    this.name = name;
    this.#world = world;
    this.push = push;
    this.api = api;
  }

  static async start(name: string, options: PushServerOptions = {}): Promise<SimulatedCluster> {
    const state = new ClusterState();
    const world = new World(state, { now: () => Date.now() } as ConstructorParameters<typeof World>[1], Math.random);
    const push = await startPushServer({ subscribeDelayMs: 0, repeatWindowMs: 0, reader: state, ...options });
    return new SimulatedCluster(name, world, push, await startKubeApi(state, { name }));
  }

  /** A pod of the Deployment `shop/APP` is in a crash loop from now on, and the push server says so. Gives the fault's id. */
  crash(app: string, number: number): string {
    const replicaSet = this.#replicaSet(app);
    const pod = makePod(this.#world, {
      owner: replicaSet,
      template: facts(app).template,
      labels: { app },
      name: `${replicaSet.metadata.name}-${suffix(number)}`,
      age: 60_000,
      node: 'worker-01',
      life: { kind: 'crashloop', exitCode: 1, reason: 'Error', restarts: 4, ended: 2000 },
    });
    const log = `2026-11-20T09:00:00Z FATAL ${app}: required setting PRICING_URL is not set\n`;
    for (const previous of [false, true]) this.#world.state.setLog('shop', pod.metadata.name, 'app', log, previous);
    for (const fault of noticedFaults(detect(pod, { now: Date.now() }))) this.push.emitFault(fault);
    return faultId('', 'CrashLoop', pod.metadata.uid ?? '', 'app');
  }

  async close(): Promise<void> {
    await this.push.close();
    await this.api.close();
  }

  #replicaSet(app: string): KubeObject {
    const found = this.#world.state.find('apps/v1', 'ReplicaSet', 'shop', `${app}-${facts(app).hash}`);
    if (found) return found;
    const counts = { current: 3, updated: 3, ready: 2 };
    const deployment = makeDeployment(this.#world, facts(app), counts, [available(this.#world, 60_000, true)]);
    return makeReplicaSet(this.#world, deployment, facts(app), { desired: 3, ready: 2 });
  }
}

function facts(app: string): DeploymentFacts {
  const template = { containers: [{ name: 'app', image: `registry.example/shop/${app}:1.0` }] };
  return { namespace: 'shop', name: app, replicas: 3, age: 3_600_000, hash: '7876dd8dd7', template };
}

/** Five letters as in generated names, so that the owner is known by the name too when nobody can be asked. */
function suffix(number: number): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  return Array.from(
    { length: 5 },
    (_, i) => alphabet[Math.floor(number / alphabet.length ** (4 - i)) % alphabet.length],
  ).join('');
}
