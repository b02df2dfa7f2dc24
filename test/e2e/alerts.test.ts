import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { MetricTarget, startAlertmanager, startPrometheus } from '../support/alert-senders.ts';
import type { ApiIncident, Daemon } from '../support/daemon.ts';
import { allFaults, incidentsOf, settled } from '../support/daemon-accounts.ts';
import { daemonOver } from '../support/daemon-over.ts';
import { lacks } from '../support/needs.ts';
import { SimulatedCluster } from '../support/simulated-cluster.ts';
import { tempDir } from '../support/temp-dir.ts';

const withoutSenders = lacks('alerts of real senders', 'prometheus', 'prometheus-alertmanager', 'amtool');
const token = 'token-of-the-alert-senders';

/** A daemon that takes alerts, over a cluster whose server for push is gone: only its API answers. */
async function daemonForAlerts(): Promise<{ daemon: Daemon; cluster: SimulatedCluster }> {
  const cluster = await SimulatedCluster.start('prod');
  onTestFinished(() => cluster.close());
  cluster.crash('cart', 0);
  await cluster.push.close();
  const sources = { alertmanager: { enabled: true, token } };
  const daemon = await daemonOver([cluster], null, { sources });
  await daemon.start();
  return { daemon, cluster };
}

const untilStatus = (daemon: Daemon, title: string, status: string): Promise<ApiIncident> =>
  daemon.until(
    async () => (await incidentsOf(daemon)).find((one) => one.title.includes(title) && one.status === status),
    `${title} ${status}`,
  );

const pod = 'cart-7876dd8dd7-bbbbb';

test.skipIf(withoutSenders)(
  "INT-7: a real Alertmanager delivers firing and resolved alerts; a cluster's connection need not stand",
  async () => {
    const { daemon } = await daemonForAlerts();
    const alertmanager = await startAlertmanager(`${daemon.url}/webhook/alertmanager`, token);
    const tell = async (labels: Record<string, string>, endsAt?: string): Promise<void> => {
      const alert = {
        labels: { cluster: 'prod', severity: 'critical', ...labels },
        annotations: { summary: 'It fails.' },
      };
      const response = await fetch(`${alertmanager.url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([{ ...alert, ...(endsAt && { endsAt }) }]),
      });
      expect(response.status).toBe(200);
    };
    const crashes = { alertname: 'KubePodCrashLooping', namespace: 'shop', pod, container: 'app' };
    await tell(crashes);
    await tell({ alertname: 'KubeDeploymentReplicasMismatch', namespace: 'shop', deployment: 'cart' });
    await tell({ alertname: 'KubePodCrashLooping', cluster: 'elsewhere', pod: 'x', namespace: 'y' });
    await tell({ alertname: 'Watchdog', severity: 'none' });
    const reported = await untilStatus(daemon, 'CrashLoop · shop/cart (Deployment)', 'reported');
    // Found on the pod through the API, which still answers.
    expect(reported.cause).toContain('PRICING_URL');
    const joined = await daemon.until(async () => {
      const [only, ...others] = await incidentsOf(daemon);
      expect(others).toEqual([]);
      return only?.faults.length === 2 ? only : null;
    }, 'both alerts in one incident');
    expect(joined.faults.map(({ fault_type, source }) => `${fault_type} ${source}`).sort()).toEqual([
      'CrashLoop webhook',
      'DeploymentFailure webhook',
    ]);
    expect(await allFaults(daemon, '&cluster=(unknown)')).toMatchObject([
      { outcome: 'invalid', rule: 'no cluster "elsewhere" is configured (label cluster)' },
    ]);
    const { problems } = await daemon.get<{ problems: { code: string }[] }>('/health/clusters');
    expect(problems).toContainEqual(expect.objectContaining({ code: 'NC-INTAKE-002' }));

    const now = new Date().toISOString();
    await tell(crashes, now);
    await tell({ alertname: 'KubeDeploymentReplicasMismatch', namespace: 'shop', deployment: 'cart' }, now);
    await untilStatus(daemon, 'shop/cart', 'resolved');
    await settled(daemon, 60_000);
  },
  120_000,
);

test.skipIf(withoutSenders)(
  'INT-7: a real Prometheus sends to the API; it fires, is sent again, survives kill -9, and is resolved',
  async () => {
    const { daemon } = await daemonForAlerts();
    const labels = { namespace: 'shop', pod, container: 'app', reason: 'CrashLoopBackOff' };
    const target = await MetricTarget.start('kube_pod_container_status_waiting_reason', labels);
    const prometheus = await startPrometheus({
      to: daemon.url,
      token,
      cluster: 'prod',
      target,
      rules: [
        {
          alert: 'KubePodCrashLooping',
          expr: 'kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"} == 1',
          labels: { severity: 'warning' },
          annotations: { description: 'Pod {{ $labels.namespace }}/{{ $labels.pod }} is in waiting state.' },
        },
        { alert: 'Watchdog', expr: 'vector(1)', labels: { severity: 'none' } },
      ],
    });
    target.value = 1;
    await untilStatus(daemon, 'CrashLoop · shop/cart (Deployment)', 'reported');
    const repeats = async (): Promise<number> =>
      (await allFaults(daemon, '&outcome=repeated')).reduce((sum, { count }) => sum + count, 0);
    await daemon.until(async () => (await repeats()) >= 3, 'three repeats');
    await daemon.kill();
    await daemon.start();
    const before = await repeats();
    await daemon.until(async () => (await repeats()) > before, 'a repeat after the restart');
    target.value = 0;
    await untilStatus(daemon, 'CrashLoop · shop/cart (Deployment)', 'resolved');
    expect(await incidentsOf(daemon)).toHaveLength(1);
    await settled(daemon, 60_000);
    expect(prometheus.output()).not.toMatch(/bad response status/);
  },
  120_000,
);

test.skipIf(withoutSenders)(
  "INT-7: Alertmanager's own client is answered as by Alertmanager, refusals with what to do",
  async () => {
    const { daemon } = await daemonForAlerts();
    const dir = tempDir();
    const amtool = async (credentials: string, ...args: string[]): Promise<string> => {
      const file = path.join(dir, 'http.yml');
      writeFileSync(file, JSON.stringify({ authorization: { credentials } }));
      const options = [`--alertmanager.url=${daemon.url}`, `--http.config.file=${file}`, 'alert', 'add', ...args];
      const run = promisify(execFile)('amtool', options, { env: { ...process.env, HOME: dir } });
      return run.then(
        ({ stderr }) => stderr,
        (error: { stderr: string }) => error.stderr,
      );
    };
    expect(await amtool(token, 'alertname=KubePodNotReady', 'namespace=shop', `pod=${pod}`, 'severity=info')).toBe('');
    await daemon.until(async () => (await incidentsOf(daemon)).length === 1, 'an incident');
    expect(await amtool('wrong', 'alertname=X')).toContain('401');
    const metrics = await daemon.text('/metrics');
    expect(metrics).toContain('nightcrier_alerts_total{form="api",result="firing"} 1');
  },
  60_000,
);
