import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { freePorts } from './free-ports.ts';
import { startProcess } from './started-process.ts';
import { tempDir } from './temp-dir.ts';
import { waitUntil } from './wait-until.ts';

/* Real Prometheus and Alertmanager as Debian packages them, gone when the test ends. */

export interface AlertSender {
  readonly url: string;
  output(): string;
  stop(): Promise<void>;
}

/** Alertmanager that tells `url` by webhook, with a bearer token, at once and each second when something changed. */
export function startAlertmanager(url: string, token: string): Promise<AlertSender> {
  const config = {
    route: {
      receiver: 'nightcrier',
      group_by: ['...'],
      group_wait: '100ms',
      group_interval: '1s',
      repeat_interval: '1h',
    },
    receivers: [
      { name: 'nightcrier', webhook_configs: [{ url, http_config: { authorization: { credentials: token } } }] },
    ],
  };
  return start('prometheus-alertmanager', config, (dir) => [
    `--storage.path=${path.join(dir, 'data')}`,
    // Alone: no gossip with others.
    '--cluster.listen-address=',
  ]);
}

/** What a rule of Prometheus looks at: a metric whose value the test sets. */
export class MetricTarget {
  value = 0;
  readonly #address: string;

  private constructor(address: string) {
    this.#address = address;
  }

  static async start(name: string, labels: Readonly<Record<string, string>>): Promise<MetricTarget> {
    const text = Object.entries(labels)
      .map(([label, value]) => `${label}="${value}"`)
      .join(',');
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(`${name}{${text}} ${target.value}\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const target = new MetricTarget(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    return target;
  }

  get address(): string {
    return this.#address;
  }
}

interface PrometheusOptions {
  /** Where alerts are sent, without the path. */
  readonly to: string;
  readonly token: string;
  readonly cluster: string;
  readonly target: MetricTarget;
  readonly rules: readonly object[];
}

/** Prometheus that looks at the target each half second and sends what fires each second. */
export function startPrometheus({ to, token, cluster, target, rules }: PrometheusOptions): Promise<AlertSender> {
  const config = {
    global: {
      scrape_interval: '500ms',
      scrape_timeout: '400ms',
      evaluation_interval: '500ms',
      external_labels: { cluster },
    },
    rule_files: ['rules.yml'],
    // Its own labels stand as kube-state-metrics' do.
    scrape_configs: [
      { job_name: 'kube-state-metrics', honor_labels: true, static_configs: [{ targets: [target.address] }] },
    ],
    alerting: {
      alertmanagers: [{ authorization: { credentials: token }, static_configs: [{ targets: [new URL(to).host] }] }],
    },
  };
  return start('prometheus', config, (dir) => {
    writeFileSync(path.join(dir, 'rules.yml'), JSON.stringify({ groups: [{ name: 'test', rules }] }));
    return [`--storage.tsdb.path=${path.join(dir, 'data')}`, '--rules.alert.resend-delay=1s'];
  });
}

/** Starts the program with its configuration (JSON is YAML) on a free port, and waits until it is ready. */
async function start(program: string, config: object, options: (dir: string) => string[]): Promise<AlertSender> {
  const dir = tempDir();
  const [port] = (await freePorts(1)) as [number];
  const file = path.join(dir, 'config.yml');
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  const args = [`--config.file=${file}`, `--web.listen-address=127.0.0.1:${port}`, ...options(dir)];
  const started = startProcess(program, args, path.join(dir, 'log'));
  onTestFinished(() => started.stop());
  const url = `http://127.0.0.1:${port}`;
  await waitUntil(
    async () => {
      if (started.exited) throw new Error(`${program} ended: ${started.output()}`);
      return (await fetch(`${url}/-/ready`).catch(() => null))?.ok === true;
    },
    `a ready ${program}`,
    30_000,
  );
  return { url, output: () => started.output(), stop: () => started.stop() };
}
