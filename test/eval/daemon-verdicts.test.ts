import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../../eval/evaluate.ts';
import { recordingsDir } from '../../eval/sets.ts';
import { loadRecordings, type Recording } from '../../eval/recording.ts';
import type { Verdict } from '../../src/domain/verdict/verdict.ts';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { compileCache } from '../support/cli-process.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { cannotRun, kubeBinary } from '../support/kube-assets.ts';
import { type KubeletLogs, startKubeletLogs } from '../support/kubelet-logs.ts';
import { loadRecording } from '../support/load-recording.ts';
import { type StockServer, startStockServer } from '../support/stock-server.ts';
import { newTempDir } from '../support/temp-dir.ts';

/** Recordings with a symptom that stands in their objects, over the families of faults; others by their ids. */
const wanted = (process.env['NIGHTCRIER_DAEMON_RECORDINGS'] ?? '').split(',').filter((id) => id !== '');
const ids =
  wanted.length > 0
    ? wanted
    : [
        '001-missing-env',
        '004-job-oom',
        '025-pull-secret-absent',
        '046-webhook-no-service',
        '055-init-waits',
        '076-pv-released',
        '079-rbac-verb',
        '085-cascade-redis-config',
        '106-daemonset-partial',
        '121-cni-not-ready',
      ];

const bin = path.join(import.meta.dirname, '..', '..', 'bin', 'nightcrier.js');

interface ReportedIncident {
  readonly owner: { readonly kind: string; readonly namespace: string | null; readonly name: string };
  readonly faults: readonly { readonly fault_type: string; readonly source: string }[];
  readonly verdict: Verdict;
}

describe.skipIf(cannotRun('verdicts of the daemon over recorded clusters'))(
  'QUA-1, CON-5: the daemon over recordings in a real API server',
  () => {
    const cleanups = new Cleanups();
    let plane: ControlPlane;
    let logs: KubeletLogs;
    let server: StockServer;
    let credential: string;

    beforeAll(async () => {
      logs = await startKubeletLogs();
      cleanups.add('logs', () => logs.stop());
      plane = await startControlPlane({ level: 'api' });
      cleanups.add('plane', () => plane.stop());
      credential = await readingCredential(plane);
      server = await startStockServer(credential, 'table');
      cleanups.add('server', () => server.stop());
    }, 120_000);

    afterAll(() => cleanups.run(), 60_000);

    test.each(ids)(
      '%s: the sweep finds it and the verdict is the one of the eval',
      async (id) => {
        const recording = loadRecordings(path.join(recordingsDir, `${id}.json.br`))[0]!;
        const loaded = await loadRecording(plane, logs, recording.dump);
        const { dir, remove } = newTempDir();
        try {
          const incidents = await runOnce(dir);
          const incident = incidents.find(({ owner }) => isFocus(recording, owner));
          const opened = incidents.map(({ owner }) => `${owner.kind}/${owner.namespace ?? ''}/${owner.name}`);
          expect(opened).toContain(focusText(recording));
          expect(incident?.faults.every(({ source }) => source === 'sweep')).toBe(true);
          const { answer } = await evaluate(recording);
          expect(firstCause(incident!.verdict)).toEqual(firstCause(answer.verdict));
          expect(incident!.verdict.is_fault).toBe(answer.verdict.is_fault);
          // Bystanders: what fails beside it has incidents of its own, what is well has none.
          expect(incidents.some(({ owner }) => owner.namespace === 'devbox')).toBe(true);
          expect(incidents.filter(({ owner }) => owner.namespace === 'platform')).toEqual([]);
        } finally {
          await loaded.remove();
          remove();
        }
      },
      60_000,
    );

    /** One round of the real daemon, in a process of its own: connect, sweep, investigate, end. */
    async function runOnce(dir: string): Promise<ReportedIncident[]> {
      const config = path.join(dir, 'nightcrier.yaml');
      mkdirSync(dir, { recursive: true });
      const cluster = { name: 'recorded', mcp: { endpoint: server.endpoint }, triage: { kubeconfig: credential } };
      const settings = {
        data_dir: path.join(dir, 'data'),
        clusters: [cluster],
        intake: { group_wait: '0s' },
        agent: { max_concurrent_per_cluster: 4 },
        notify: { console: false },
      };
      writeFileSync(config, JSON.stringify(settings));
      const { exitCode, stdout, stderr } = await spawnProcess(
        process.execPath,
        [bin, 'run', '--once', '--config', config, '--health-port', '0'],
        {
          env: { ...compileCache, HOME: dir, PATH: `${path.dirname(kubeBinary('kubectl'))}:${process.env['PATH']}` },
          timeoutMs: 50_000,
          maxOutputBytes: 4 * 1024 * 1024,
        },
      );
      expect({ exitCode, output: exitCode === 0 ? '' : `${stdout}${stderr}` }).toEqual({ exitCode: 0, output: '' });
      return reportedIn(path.join(dir, 'data', 'artifacts', 'recorded'));
    }
  },
);

/** What the daemon stored of its incidents. */
function reportedIn(folder: string): ReportedIncident[] {
  return readdirSync(folder).map((id) => {
    const read = (name: string): unknown => JSON.parse(readFileSync(path.join(folder, id, name), 'utf8'));
    const incident = read('incident.json') as Omit<ReportedIncident, 'verdict'>;
    return { ...incident, verdict: read('verdict.json') as Verdict };
  });
}

function firstCause({ causes: [first] }: Verdict) {
  return first && { entity: first.entity, mechanism: first.mechanism, wrong_value: first.wrong_value };
}

function isFocus({ truth: { focus } }: Recording, owner: ReportedIncident['owner']): boolean {
  return owner.kind === focus.kind && owner.name === focus.name && (owner.namespace ?? null) === focus.namespace;
}

function focusText({ truth: { focus } }: Recording): string {
  return `${focus.kind}/${focus.namespace ?? ''}/${focus.name}`;
}

/** The credential of a ServiceAccount that may read everything and change nothing. */
async function readingCredential(plane: ControlPlane): Promise<string> {
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reads-all' };
  await plane.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'triage' } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'reads-all' },
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'reads-all' },
      roleRef,
      subjects: [{ kind: 'ServiceAccount', namespace: 'triage', name: 'triage' }],
    },
  );
  return plane.kubeconfigOf('triage', 'triage');
}
