import { describe, expect, test } from 'vitest';
import type { IncidentDetail, StateReader } from '../../src/domain/state-store.ts';
import { demoIntroduction, demoNextSteps, demoSummary, demoTable, withoutReport } from '../../src/demo/summary.ts';
import type { ExpectedFault } from '../../src/demo/scripts/fault-script.ts';
import { sampleFault, sampleIncident } from '../support/incident-samples.ts';

const fleet = {
  clusters: ['prod-eu', 'staging'].map((name) => ({
    name,
    environment: 'test',
    endpoint: 'http://127.0.0.1:1/mcp',
    kubeconfig: '',
    pushes: true,
  })),
  expected: [expectedFault('prod-eu', 'api'), expectedFault('staging', 'web')],
};

function expectedFault(cluster: string, name: string): ExpectedFault {
  return {
    cluster,
    faultType: 'CrashLoop',
    owner: { kind: 'Deployment', namespace: 'payments', name },
    causeWords: [],
  };
}

const reported: IncidentDetail = {
  incident: sampleIncident({
    id: 'inc_1',
    cause: 'env `DB_URL` is missing',
    confidence: 'high',
    report: '/data/prod-eu/inc_1/investigation.html',
  }),
  faults: [sampleFault({ faultType: 'PodCrash' }), sampleFault(), sampleFault({ faultId: 'f2' })],
  runs: [],
};
const waiting: IncidentDetail = {
  incident: sampleIncident({
    id: 'inc_2',
    cluster: 'staging',
    owner: { kind: 'Deployment', namespace: 'payments', name: 'web', certain: true },
    title: 'ImagePull of Deployment payments/web',
  }),
  faults: [sampleFault({ faultType: 'ImagePull' })],
  runs: [],
};

/** Newest first, one a page, as the store pages. */
function reader(...oldestFirst: IncidentDetail[]): Pick<StateReader, 'incidents'> {
  const newest = [...oldestFirst].reverse();
  return {
    incidents: async ({ before }) => {
      const at = before === undefined ? 0 : newest.findIndex(({ incident }) => incident.id === before) + 1;
      const last = at + 1 >= newest.length;
      return { items: newest.slice(at, at + 1), next: last ? null : newest[at]!.incident.id };
    },
  };
}

describe('summary', () => {
  test('OPS-4: the JSON has numbers, the incidents oldest first, and every page of them', async () => {
    expect(await demoSummary(reader(reported, waiting), fleet, { seconds: 7.4321, stays: true })).toEqual({
      clusters: 2,
      faults: 4,
      incidents: [
        {
          id: 'inc_1',
          cluster: 'prod-eu',
          title: 'CrashLoop of Deployment payments/api',
          fault_types: ['PodCrash', 'CrashLoop'],
          cause: 'env `DB_URL` is missing',
          confidence: 'high',
          report: '/data/prod-eu/inc_1/investigation.html',
        },
        {
          id: 'inc_2',
          cluster: 'staging',
          title: 'ImagePull of Deployment payments/web',
          fault_types: ['ImagePull'],
          cause: null,
          confidence: null,
          report: null,
        },
      ],
      seconds: 7.4,
    });
  });

  test('a fault is without report until the incident of its owner in its cluster has one', async () => {
    const names = async (...details: IncidentDetail[]) =>
      (await withoutReport(reader(...details), fleet.expected)).map((fault) => fault.owner.name);
    expect(await names()).toEqual(['api', 'web']);
    expect(await names(reported, waiting)).toEqual(['web']);
    const elsewhere = { ...reported, incident: { ...reported.incident, cluster: 'other' } };
    expect(await names(elsewhere)).toEqual(['api', 'web']);
    const done = { ...waiting, incident: { ...waiting.incident, report: '/r' } };
    expect(await names(reported, done)).toEqual([]);
  });
});

describe('texts', () => {
  test('UX-2: the introduction says what is simulated and what is real', () => {
    expect(demoIntroduction(fleet, { dataDir: '/tmp/d', url: 'http://127.0.0.1:8080', keep: true })).toBe(
      `nightcrier demo: 2 simulated clusters (prod-eu, staging), 2 scripted faults

  simulated  the clusters: their MCP servers, Kubernetes APIs, objects and logs
  real       connections, sweep, incidents, the built-in analyst, reports, messages, health and metrics
  not used   cluster, model, key, Docker, network

  data       /tmp/d (kept)
  dashboard  http://127.0.0.1:8080/
`,
    );
    expect(demoIntroduction(fleet, { dataDir: '/tmp/d', url: null, keep: false })).not.toContain('dashboard  ');
  });

  test('UX-2: the table names causes and reports, says what is missing, and that the clusters are simulated', async () => {
    const summary = await demoSummary(reader(reported, waiting), fleet, { seconds: 7.4321, stays: true });
    const table = demoTable(summary, null);
    expect(table).toBe(
      `CLUSTER  INCIDENT                              FAULTS               CONFIDENCE
prod-eu  CrashLoop of Deployment payments/api  PodCrash, CrashLoop  evident
     env \`DB_URL\` is missing
     /data/prod-eu/inc_1/investigation.html
staging  ImagePull of Deployment payments/web  ImagePull            -
     no cause yet
     no report yet

4 faults in 2 simulated clusters became 2 incidents in 7.4 s.
`,
    );
  });

  test('what comes from a cluster cannot drive the terminal', async () => {
    const evil = { ...reported, incident: { ...reported.incident, cause: 'a\u001b[31mb\nc' } };
    const table = demoTable(await demoSummary(reader(evil), fleet, { seconds: 1, stays: true }), null);
    expect(table).toContain('a\ufffd[31mb c');
  });

  test('the table names the page of each incident where it is served, and no report that goes with the data', async () => {
    const gone = await demoSummary(reader(reported), fleet, { seconds: 1, stays: false });
    expect(gone.incidents[0]?.report).toBeNull();
    expect(demoTable(gone, null)).not.toContain('investigation.html');
    expect(demoTable(gone, 'http://127.0.0.1:1')).toContain('\n     http://127.0.0.1:1/i/inc_1\n');
  });

  test('three numbered next steps, the first the dashboard where there is one', () => {
    const command = 'npx nightcrier';
    const there = demoNextSteps({ pages: 'http://127.0.0.1:1', configFile: '/tmp/d/nightcrier.yaml', command });
    expect(there.match(/^ {2}[123]\. /gm)).toHaveLength(3);
    expect(there).toContain('http://127.0.0.1:1/\n');
    expect(there).toContain('npx nightcrier incidents --config /tmp/d/nightcrier.yaml');
    const spaced = demoNextSteps({ pages: null, configFile: '/tmp/a b/nightcrier.yaml', command });
    expect(spaced).toContain("npx nightcrier incidents --config '/tmp/a b/nightcrier.yaml'");
    const gone = demoNextSteps({ pages: null, configFile: null, command });
    expect(gone.match(/^ {2}[123]\. /gm)).toHaveLength(3);
    expect(gone).toContain('npx nightcrier demo --once --keep');
    expect(gone).not.toContain('--config');
  });
});
