import path from 'node:path';
import type { ClusterStatus } from '../../../src/domain/cluster-status.ts';
import type { ArtifactStore } from '../../../src/domain/ports.ts';
import type { StorePolicy } from '../../../src/domain/state-store.ts';
import type { Verdict } from '../../../src/domain/verdict/verdict.ts';
import type { StandingProblem } from '../../../src/domain/wire/cluster.ts';
import { OwnerLookup } from '../../../src/kube/owner.ts';
import { incidentsToolset, type IncidentsToolsetDeps } from '../../../src/mcp/incidents/incidents-toolset.ts';
import type { ToolCall } from '../../../src/mcp/tool.ts';
import { createFilesystemArtifacts } from '../../../src/storage/artifacts/filesystem.ts';
import { createManualTriage } from '../../../src/triage/manual.ts';
import { limits, openTestStore, receive, runResult } from '../../storage/store-fixture.ts';
import { callTool } from '../../support/call-tool.ts';
import { sampleStatus } from '../../support/health-fixture.ts';
import { knownClusters } from '../../support/known-clusters.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { ObjectsReader } from '../../support/objects-reader.ts';
import { clusterPolicy, minute, owner, signal, startOfTime } from '../../support/signals.ts';
import { tempDir } from '../../support/temp-dir.ts';

export const sampleVerdict: Verdict = {
  version: 1,
  is_fault: true,
  summary: 'cart cannot start.',
  causes: [
    {
      rank: 1,
      entity: { kind: 'ConfigMap', namespace: 'payments', name: 'settings' },
      mechanism: 'missing_key',
      wrong_value: 'REDIS_URL',
      statement: 'The map has no key REDIS_URL.',
      confidence: 'high',
      evidence: [{ file: 'evidence/logs/payments/api.log', quote: "KeyError: 'REDIS_URL'" }],
    },
  ],
  victims: [{ kind: 'Deployment', namespace: 'payments', name: 'api' }],
  missing: ['metrics of node n3'],
  remediation: [{ action: 'Add the key', command: 'kubectl edit cm', risk: 'low', reversible: true, undo: null }],
};

interface Configured {
  readonly clusters?: readonly string[];
  readonly statuses?: readonly ClusterStatus[];
  readonly policy?: Partial<StorePolicy>;
  readonly problems?: readonly StandingProblem[];
  readonly over?: Partial<IncidentsToolsetDeps>;
}

/** The toolset over a real store, real files, and triage by hand of clusters that are given. */
export async function incidentsBench({
  clusters: names = ['prod', 'east'],
  statuses = names.map((cluster) => sampleStatus({ cluster })),
  policy = {},
  problems = [],
  over = {},
}: Configured = {}) {
  const { store } = await openTestStore(policy);
  const artifacts: ArtifactStore = createFilesystemArtifacts(path.join(tempDir(), 'artifacts'));
  const clock = new ManualClock(startOfTime + 60 * minute);
  const reader = new ObjectsReader();
  const triage = createManualTriage({
    store,
    cluster: (name) =>
      names.includes(name)
        ? {
            reader,
            serverCluster: name,
            policy: clusterPolicy(),
            triageConfigured: name !== 'off',
            owners: new OwnerLookup(reader),
          }
        : null,
    now: () => clock.now(),
  });
  const { tools } = incidentsToolset({
    reader: store,
    artifacts,
    clusters: knownClusters(Object.fromEntries(names.map((name) => [name, sampleStatus({ cluster: name })]))),
    directory: { statuses: () => statuses },
    problems: async () => problems,
    manualTriage: async (cluster, kind, namespace, name) => {
      const { incident, run } = await triage({ cluster, kind, namespace, name }, new AbortController().signal);
      return { incident_id: incident.id, run_id: run.id };
    },
    clock,
    ...over,
  });

  return {
    store,
    artifacts,
    clock,
    reader,
    tools,
    call: (name: string, args: Record<string, unknown> = {}, call: Partial<ToolCall> = {}) =>
      callTool(tools, name, args, call),
    /** A fault of a workload and its incident; its id. */
    open: async (workload: string, change: Parameters<typeof signal>[0] = {}, at = startOfTime): Promise<string> => {
      const [settled] = await receive(
        store,
        [signal({ pod: `${workload}-0`, ...change })],
        { owner: owner(workload) },
        at,
      );
      if (!settled?.incidentId) throw new Error(`the fault is ${settled?.outcome}`);
      return settled.incidentId;
    },
    /** The incident whose run is next is investigated: with a report, unless it is said otherwise. */
    answer: async (
      files: Readonly<Record<string, string>> | null = {},
      change: Parameters<typeof runResult>[0] = {},
    ): Promise<void> => {
      const claim = await store.claimRun(limits, startOfTime + minute);
      if (claim === null) throw new Error('no run is due');
      const { incident, run } = claim;
      const stored = {
        'investigation.md': '# Triage card\n\ncart cannot start.\n',
        'verdict.json': JSON.stringify(sampleVerdict),
        'evidence/logs/payments/api.log': "KeyError: 'REDIS_URL'\n",
        'evidence/objects/pods.json': '{}\n',
        'logs/events.jsonl': 'canary of a log\n',
        ...files,
      };
      if (files !== null) {
        const all = Object.entries(stored).map(([file, content]) => ({
          path: file,
          content,
          contentType: 'text/plain',
        }));
        await artifacts.put(incident.cluster, incident.id, all, new AbortController().signal);
      }
      await store.finishRun(run.id, runResult(change), startOfTime + 2 * minute);
    },
  };
}
