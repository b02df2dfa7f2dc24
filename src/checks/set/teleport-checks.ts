import type { ProblemKind } from '../../lib/problem.ts';
import { teleportProblems } from '../../teleport/errors.ts';
import { type Check, finding } from '../check.ts';
import type { CheckWorld } from '../world.ts';

const { not_installed, not_logged_in, expired, unreachable, incompatible } = teleportProblems;
const ofTsh: readonly ProblemKind[] = [not_installed, not_logged_in, expired, unreachable, incompatible];
const ofCluster = Object.values(teleportProblems).filter(({ code }) => !ofTsh.some((kind) => kind.code === code));

const base = { inDaemon: false, group: 'clusters' } as const;

/** The clusters that are read through Teleport: those with a place there and no kubeconfig here. */
function readThere({ clusters }: CheckWorld): readonly string[] {
  const found = [...clusters.values()].filter(({ teleport, kubeconfig }) => teleport != null && kubeconfig === null);
  return found.map(({ name }) => name);
}

/** tsh and its login, then each cluster that is read with it. */
export const teleportChecks: readonly Check[] = [
  {
    ...base,
    id: 'teleport.ready',
    statement: 'tsh is installed, fits the Teleport proxy and is logged in',
    ofMany: null,
    kinds: ofTsh,
    dependsOn: [],
    subjects: (world) => (readThere(world).length === 0 ? [] : ['']),
    run: async (world) => {
      const { problems, detail } = await world.teleport();
      return { problems, detail };
    },
  },
  {
    ...base,
    id: 'teleport.reaches',
    statement: 'the API server of {subject} answers through Teleport',
    ofMany: 'API servers answer through Teleport',
    kinds: ofCluster,
    dependsOn: ['teleport.ready'],
    subjects: readThere,
    run: async (world, name) => {
      const cluster = world.clusters.get(name);
      if (cluster === undefined) throw new Error(`there is no cluster ${name}`);
      return finding(await world.reached(cluster));
    },
  },
];
