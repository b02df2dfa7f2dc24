import { credentialProblems as judge } from '../../cluster/permissions/credential-problems.ts';
import type { ServerProbe } from '../../cluster/probe.ts';
import { clusterProblems, watchProblems } from '../../cluster/errors.ts';
import { credentialEnd } from '../../kube/credential/credential-end.ts';
import {
  credentialProblems,
  kubeconfigContextMissing,
  kubeconfigRefused,
  kubeconfigUnreadable,
} from '../../kube/errors.ts';
import type { Problem, ProblemKind } from '../../lib/problem.ts';
import { type Check, finding, type Finding, passed } from '../check.ts';
import type { CheckedCluster, CheckWorld } from '../world.ts';

const watched = {
  inDaemon: false,
  group: 'clusters',
  subjects: ({ clusters }: CheckWorld) =>
    [...clusters.values()].filter(({ mcp }) => mcp !== null).map(({ name }) => name),
} as const;
const asked = {
  inDaemon: false,
  group: 'permissions',
  subjects: ({ clusters }: CheckWorld) =>
    [...clusters.values()].filter(({ triageEnabled }) => triageEnabled).map(({ name }) => name),
} as const;

const { wrongCluster, sweepFailed, sweepPartial, cannotPush, subscribeRefused, noStream } = clusterProblems;
const notOfConnection = [wrongCluster, sweepFailed, sweepPartial, cannotPush, subscribeRefused, noStream];
const push: readonly ProblemKind[] = [cannotPush, subscribeRefused, noStream];

/** The MCP server of each cluster. What a running daemon says of it counts, unless it can be asked again. */
export const serverChecks: readonly Check[] = [
  {
    ...watched,
    id: 'cluster.answers',
    statement: 'the MCP server of {subject} answers',
    ofMany: 'MCP servers answer',
    kinds: Object.values(clusterProblems).filter((kind) => !notOfConnection.some(({ code }) => code === kind.code)),
    dependsOn: [],
    run: async (world, name) => {
      const { failure, tookMs } = await world.server(clusterOf(world, name));
      return finding(failure, `${(tookMs / 1000).toFixed(1)} s`);
    },
  },
  {
    ...watched,
    id: 'cluster.same',
    statement: 'the MCP server of {subject} shows the cluster of its kubeconfig',
    ofMany: 'MCP servers show the cluster of their kubeconfig',
    kinds: [wrongCluster],
    dependsOn: ['cluster.answers'],
    run: async (world, name) => seen(await world.server(clusterOf(world, name)), ({ otherCluster }) => otherCluster),
  },
  {
    ...watched,
    id: 'cluster.readable',
    statement: 'the MCP server of {subject} lists what a sweep reads',
    ofMany: 'MCP servers list what a sweep reads',
    kinds: [sweepFailed, sweepPartial],
    dependsOn: ['cluster.answers'],
    run: async (world, name) => seen(await world.server(clusterOf(world, name)), ({ unreadable }) => unreadable),
  },
  {
    ...watched,
    id: 'cluster.push',
    statement: 'faults of {subject} come as they are meant to (mcp.mode)',
    ofMany: 'clusters are heard as they are meant to (mcp.mode)',
    kinds: push,
    dependsOn: ['cluster.answers'],
    run: async (world, name) => {
      const said = world.daemon?.health.clusters.find((one) => one.name === name)?.error ?? null;
      if (said !== null && push.some(({ code }) => code === said.code)) return finding(said);
      const probe = await world.server(clusterOf(world, name));
      return seen(probe, ({ noPush }) => noPush, probe.canPush ? 'pushed' : 'swept');
    },
  },
];

/** What a server shows, unless it took too long. */
function seen(probe: ServerProbe, of: (probe: ServerProbe) => Problem | null, detail?: string): Finding {
  if (probe.unfinished === null) return finding(of(probe), detail);
  return { skipped: `${probe.unfinished}; nightcrier doctor --cluster NAME waits longer` };
}

const heard = {
  inDaemon: false,
  group: 'clusters',
  subjects: ({ clusters }: CheckWorld) =>
    [...clusters.values()].filter(({ watch }) => watch !== null).map(({ name }) => name),
} as const;

/** The API of each cluster that is watched without an MCP server. */
export const watchChecks: readonly Check[] = [
  {
    ...heard,
    id: 'cluster.watched',
    statement: 'the API server of {subject} can be watched',
    ofMany: 'API servers can be watched',
    kinds: Object.values(watchProblems).filter(({ code }) => code !== watchProblems.partial.code),
    dependsOn: ['teleport.reaches'],
    run: async (world, name) => finding((await world.watched(clusterOf(world, name))).failure),
  },
  {
    ...heard,
    id: 'cluster.watches-all',
    statement: 'every kind of {subject} that is looked at can be watched',
    ofMany: 'clusters can be watched whole',
    kinds: [watchProblems.partial],
    dependsOn: ['cluster.watched'],
    run: async (world, name) => finding((await world.watched(clusterOf(world, name))).partial),
  },
];

const usable: readonly ProblemKind[] = [
  kubeconfigUnreadable,
  kubeconfigContextMissing,
  kubeconfigRefused,
  credentialProblems.refused,
  credentialProblems.expired,
  credentialProblems.apiUnreachable,
  credentialProblems.command,
  credentialProblems.apiTls,
];
const reads: readonly ProblemKind[] = [
  credentialProblems.rightsMissing,
  credentialProblems.rightsPartial,
  credentialProblems.unknown,
];
const harmless: readonly ProblemKind[] = [
  credentialProblems.administrator,
  credentialProblems.canWrite,
  credentialProblems.secretsReadable,
];

/** The credential of each cluster that is investigated. */
export const credentialChecks: readonly Check[] = [
  {
    ...asked,
    id: 'credential.works',
    statement: 'the API server of {subject} takes the credential',
    ofMany: 'API servers take the credential',
    kinds: usable,
    dependsOn: ['teleport.reaches'],
    run: async (world, name) => {
      const cluster = clusterOf(world, name);
      const end = await endOf(cluster, world);
      // Who knows why it is refused need not ask.
      if (end !== null && end.code !== credentialProblems.ending.code) return finding(end);
      return ofKinds(usable, await judged(world, cluster));
    },
  },
  {
    ...asked,
    id: 'credential.lasts',
    statement: 'the credential of {subject} lasts',
    ofMany: 'credentials last',
    kinds: [credentialProblems.ending],
    dependsOn: ['credential.works'],
    run: async (world, name) => finding(await endOf(clusterOf(world, name), world)),
  },
  {
    ...asked,
    id: 'credential.reads',
    statement: 'the credential of {subject} reads what triage needs',
    ofMany: 'credentials read what triage needs',
    kinds: reads,
    dependsOn: ['credential.works'],
    run: async (world, name) => ofKinds(reads, await judged(world, clusterOf(world, name))),
  },
  {
    ...asked,
    id: 'credential.harmless',
    statement: 'the credential of {subject} can change nothing',
    ofMany: 'credentials can change nothing',
    kinds: harmless,
    dependsOn: ['credential.works'],
    run: async (world, name) => ofKinds(harmless, await judged(world, clusterOf(world, name))),
  },
];

async function judged(world: CheckWorld, cluster: CheckedCluster): Promise<readonly Problem[]> {
  const found = await world.api(cluster);
  return 'unusable' in found ? [found.unusable] : judge(found.probe.permissions, cluster);
}

async function endOf({ kubeconfig, context }: CheckedCluster, { clock }: CheckWorld): Promise<Problem | null> {
  return kubeconfig === null ? null : await credentialEnd(kubeconfig, context, clock.now());
}

function ofKinds(kinds: readonly ProblemKind[], problems: readonly Problem[]): Finding {
  const own = problems.filter(({ code }) => kinds.some((kind) => kind.code === code));
  return own.length === 0 ? passed : { problems: own };
}

function clusterOf({ clusters }: CheckWorld, name: string): CheckedCluster {
  const cluster = clusters.get(name);
  if (cluster === undefined) throw new Error(`there is no cluster ${name}`);
  return cluster;
}
