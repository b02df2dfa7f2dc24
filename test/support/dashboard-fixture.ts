import type { ClusterStatus } from '../../src/domain/cluster-status.ts';
import { acknowledgeIncident, endIncident, type IncidentOrder, type OrderAnswer } from '../../src/domain/incident.ts';
import type { Incident } from '../../src/domain/records.ts';
import type { HealthServerOptions } from '../../src/health/health-server-options.ts';
import { HealthFixture, sampleStatus } from './health-fixture.ts';
import { answeredIncident, sampleFault, sampleIncident, sampleRun, sampleTime } from './incident-samples.ts';
import { sampleListedFault } from './listed-fault-sample.ts';
import { sampleQuestion } from './question-sample.ts';
import { sampleSilence } from './sample-silence.ts';

/** A name as long as Kubernetes allows, with nothing to break it at. */
const long = 'a'.repeat(253);

const permissions = {
  cluster_name: 'prod-eu',
  validated_at: new Date(sampleTime).toISOString(),
  can_get_pods: true,
  can_get_logs: true,
  can_get_events: true,
  can_get_deployments: true,
  can_get_services: false,
  can_get_nodes: null,
  secrets_access_allowed: false,
  can_get_secrets: false,
  can_get_configmaps: true,
  minimum_met: true,
  can_write: ['delete deployments.apps'],
  warnings: [`it can delete ${long}`],
  error: null,
};

/** Of each cluster something else is the matter; the first is `prod-eu`. */
function sampleFleet(count: number): ClusterStatus[] {
  return Array.from({ length: count }, (_, at) => {
    const cluster = at === 0 ? 'prod-eu' : `prod-${at}`;
    const seen = at % 20 === 7 ? null : permissions;
    const failed = { state: 'failed', source: 'none', error, retryAt: sampleTime + 60_000 } as const;
    return sampleStatus({ cluster, permissions: seen, ...(at % 10 === 3 ? failed : {}) });
  });
}

const error = { code: 'NC-CLUSTER-002', message: `connect ECONNREFUSED <${long}>`, fix: 'start its server' };

/** Incidents of every kind, the worst first, with text that nobody should trust. */
function sampleIncidents(count: number, clusters: number): Incident[] {
  const acknowledged = { by: '<b>ana</b>', at: sampleTime, comment: '' };
  const special = [
    answeredIncident({ id: 'inc_1' }),
    answeredIncident({ id: 'inc_2', title: `CrashLoop · <img src=x>/${long} (Pod)`, cause: `no ${long}` }),
    answeredIncident({ id: 'inc_3', severity: 'warning', acknowledged, reopened: 3 }),
    sampleIncident({ id: 'inc_4', severity: 'warning', status: 'investigating', startedAt: sampleTime }),
    sampleIncident({ id: 'inc_5', severity: 'info', status: 'failed', statusReason: 'the store <is> full' }),
  ];
  const rest = Array.from({ length: Math.max(0, count - special.length) }, (_, at) =>
    answeredIncident({
      id: `inc_x${String(at).padStart(6, '0')}`,
      severity: 'warning',
      cluster: at % clusters === 0 ? 'prod-eu' : `prod-${at % clusters}`,
    }),
  );
  return [...special, ...rest];
}

export interface DashboardFixtureOptions {
  readonly clusters?: number;
  readonly incidents?: number;
  readonly over?: Partial<HealthServerOptions>;
}

/** The pages over data of every kind; what people do changes it. */
export async function startDashboard(options: DashboardFixtureOptions = {}): Promise<HealthFixture> {
  const { clusters = 40, incidents = 30, over = {} } = options;
  const orderIncident = async (id: string, order: IncidentOrder, at: number): Promise<OrderAnswer> => {
    const detail = fixture.reader.details.find(({ incident }) => incident.id === id);
    if (detail === undefined) return { kind: 'unknown' };
    const { by, comment } = order;
    const changed =
      order.kind === 'ack'
        ? acknowledgeIncident(detail.incident, { by, at, comment })
        : order.kind === 'resolve'
          ? endIncident(detail.incident, 'resolved', `by ${by}`, at)
          : detail.incident;
    fixture.reader.details = fixture.reader.details.map((one) =>
      one === detail ? { ...one, incident: changed } : one,
    );
    fixture.events.emit('store:changed', [{ type: 'incident', cluster: changed.cluster, incident: changed }]);
    return { kind: 'done', incident: changed, run: null };
  };
  const text = `Log of ${long}:\n> ${long}\n> <i>fatal</i>\n$ kubectl -n ${long} get pods`;
  const questions = { answer: async () => ({ text, sources: [`evidence/logs/${long}.log`, 'incident'], by: 'rules' }) };
  const orders = { orderIncident, giveFeedback: async () => null };
  const fixture = await HealthFixture.start({ orders, questions, ...over });
  const { reader } = fixture;
  fixture.statuses = sampleFleet(clusters);
  reader.details = sampleIncidents(incidents, clusters).map((incident) => ({
    incident,
    faults: [sampleFault({ incidentId: incident.id }), sampleFault({ id: 2, incidentId: incident.id })],
    runs: [sampleRun({ incidentId: incident.id })],
  }));
  reader.listed = (['opened', 'muted', 'below_threshold', 'merged'] as const).map((outcome, at) =>
    sampleListedFault(at + 1, outcome),
  );
  fixture.agent = 'claude';
  const answer = { text, sources: [`evidence/logs/${long}.log`, 'history.json'] };
  reader.questions = [
    sampleQuestion({ id: 'ask_4', incidentId: 'inc_2', answer: null, error: `claude ended <b>${long}` }),
    sampleQuestion({ id: 'ask_3', incidentId: 'inc_2', answer: null, endedAt: null }),
    sampleQuestion({ id: 'ask_2', incidentId: 'inc_2', text: `Why <i>${long}`, by: long, answer }),
  ];
  reader.kept = [sampleSilence(), sampleSilence({ id: 'sil_2', comment: `<i>${long}</i>`, endedBy: 'ben' })];
  reader.found = (['incident', 'fault'] as const).map((kind, at) => ({
    kind,
    cluster: at === 0 ? 'prod-eu' : long.slice(0, 63),
    incidentId: at === 0 ? 'inc_1' : null,
    title: `CrashLoop <b>${long}`,
    excerpt: `… <script>alert(1)</script> ${long}`,
    at: sampleTime - 60_000,
  }));
  reader.rates = [...Array(90).keys()].map((at) => ({
    cluster: at % 7 === 6 ? '' : at % 7 === 5 ? `<i>${long.slice(0, 59)}` : `prod-${at % 7}`,
    from: sampleTime - at * 15 * 60_000,
    source: 'push',
    count: at % 11 === 0 ? 400 : at + 1,
  }));
  const said = { severity: 'error', since: sampleTime, fix: `do <${long}>` } as const;
  fixture.problems = [
    { cluster: null, code: 'NC-SLACK-001', message: 'Slack answered <invalid_auth>', ...said },
    { cluster: 'prod-eu', code: 'NC-CLUSTER-002', message: `no ${long}`, ...said },
  ];
  fixture.budget = {
    usdPerRun: 1,
    tokensPerRun: 100_000,
    usdPerDay: 20,
    usdPerClusterDay: 5,
    runsPerHour: 20,
    runsPerClusterHour: 4,
    usdPerQuestion: 0.5,
    tokensPerQuestion: 50_000,
    questionsPerHour: 10,
  };
  const ago = (minutes: number) => sampleTime - minutes * 60_000;
  reader.connections.set('prod-eu', [
    { from: ago(5), until: null, state: 'failed', source: 'none', error },
    { from: ago(90), until: ago(5), state: 'active', source: 'push', error: null },
  ]);
  return fixture;
}
