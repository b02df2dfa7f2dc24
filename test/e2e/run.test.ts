import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Fleet, startFleet } from '../../src/demo/fleet.ts';
import { killMarkedProcesses } from '../../src/lib/process/marked-processes.ts';
import { CliProcess } from '../support/cli-process.ts';
import type { ApiCluster, ApiIncident } from '../support/daemon.ts';
import { writeFleetConfig } from '../support/fleet-config.ts';
import { freePorts } from '../support/free-ports.ts';
import { newTempDir } from '../support/temp-dir.ts';
import { agentFixture } from '../support/triage-bench.ts';
import { waitUntil } from '../support/wait-until.ts';

const started: CliProcess[] = [];

function start(...argv: string[]): CliProcess {
  const command = new CliProcess(argv);
  started.push(command);
  return command;
}

/** A daemon on a free port, once it has said where. */
async function daemon(config: string): Promise<{ run: CliProcess; url: string }> {
  const run = start('run', '--config', config, '--health-port', 'auto');
  const find = (): string | undefined => {
    if (run.ended !== null) throw new Error(`it ended with ${run.ended}: ${run.err}`);
    return /^health: (http:\/\/127\.0\.0\.1:\d+)\/health\/clusters$/m.exec(run.err)?.[1];
  };
  return { run, url: await waitUntil(find, 'the address of health', 30_000) };
}

async function get<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

async function allActive(url: string): Promise<void> {
  const active = async () => {
    const { clusters } = await get<{ clusters: ApiCluster[] }>(`${url}/health/clusters`);
    return clusters.every(({ status, last_sweep }) => status === 'active' && last_sweep !== null);
  };
  await waitUntil(active, 'active clusters', 30_000);
}

async function incidents(url: string): Promise<readonly ApiIncident[]> {
  return (await get<{ incidents: ApiIncident[] }>(`${url}/api/incidents`)).incidents;
}

let fleet: Fleet;
let dir = '';
let remove = (): void => {};

async function newFleet(): Promise<void> {
  ({ dir, remove } = newTempDir());
  fleet = await startFleet();
}

async function endFleet(): Promise<void> {
  for (const command of started.splice(0)) command.kill();
  await killMarkedProcesses({ entry: (entry) => entry.startsWith(`NIGHTCRIER_RUN_WORKSPACE=${dir}/`) });
  await fleet.close();
  remove();
}

describe('a running daemon', () => {
  let config = '';
  let run: CliProcess;
  let url = '';

  beforeAll(async () => {
    await newFleet();
    const [port] = (await freePorts(1)) as [number];
    // The port is in the file for the commands beside it; `auto` wins over it.
    config = writeFleetConfig(fleet, dir, { health: { port } });
    ({ run, url } = await daemon(config));
    await allActive(url);
  }, 60_000);
  afterAll(endFleet, 30_000);

  test('OPS-4: --health-port auto takes a free port and says which', async () => {
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect((await get<{ clusters: ApiCluster[] }>(`${url}/health/clusters`)).clusters).toHaveLength(3);
  });

  test('OPS-9: a second process on its data_dir ends with 1 and names the pid of the first', async () => {
    const second = start('run', '--config', config, '--health-port', '0');
    expect(await second.end()).toBe(1);
    expect(second.err).toContain(`process ${run.pid} `);
    expect(second.err).toContain('NC-STORE-005');
    expect(second.err).not.toMatch(/\n {4}at /);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  });

  test('OPS-4, INT-7: triage goes through the running daemon; tail tells what happens', async () => {
    writeFleetConfig(fleet, dir, { health: { port: Number(new URL(url).port) } });
    const tail = start('tail', '--config', config, '-o', 'json');
    await waitUntil(() => tail.err.includes('following'), 'tail to follow', 15_000);
    const command = start('triage', 'prod-eu', 'deployment/shop/basket', '--config', config, '-o', 'json');
    const incident = JSON.parse(await command.success(60_000)) as ApiIncident;
    expect(command.err).toContain('the running daemon investigates');
    expect(incident).toMatchObject({ cluster: 'prod-eu', owner: { kind: 'Deployment', name: 'basket' } });
    expect(path.isAbsolute(incident.report ?? '')).toBe(true);
    const told = (event: string) => () =>
      tail.out.split('\n').some((line) => line.includes(`"event":"${event}"`) && line.includes(incident.id));
    for (const event of ['incident', 'run']) await waitUntil(told(event), `${event} in tail`, 10_000);
    tail.send('SIGINT');
    expect(await tail.end()).toBe(0);
    expect((await incidents(url)).map(({ id }) => id)).toContain(incident.id);
  }, 90_000);

  test('OPS-5: SIGTERM ends every session and the process, with 0 and without a stack trace', async () => {
    const asked = performance.now();
    run.send('SIGTERM');
    expect(await run.end()).toBe(0);
    console.log(`SIGTERM: ended after ${Math.round(performance.now() - asked)} ms`);
    expect(run.err).toContain('nightcrier has stopped');
    expect(run.err).not.toMatch(/\n {4}at |"level":"error"/);
    for (const { name } of fleet.clusters) expect(fleet.server(name).push.counts().sessions).toBe(0);
  }, 45_000);

  test('OPS-4, INT-7: without a daemon triage investigates by itself', async () => {
    const command = start('triage', 'staging', 'Deployment/crm/contacts', '--config', config, '-o', 'json');
    const incident = JSON.parse(await command.success(60_000)) as ApiIncident;
    expect(command.err).toContain('no daemon is running');
    expect(incident).toMatchObject({ cluster: 'staging', owner: { kind: 'Deployment', name: 'contacts' } });
    expect(incident.report).not.toBeNull();
  }, 90_000);
});

describe('other ways to end', () => {
  beforeEach(newFleet);
  afterEach(endFleet, 30_000);

  test('OPS-5: a second signal ends it at once with 1, and the next start does the run again', async () => {
    const agent = {
      cli: 'custom',
      runner: 'process',
      command: [agentFixture('ignores-sigterm')],
      max_concurrent_per_cluster: 2,
    };
    const config = writeFleetConfig(fleet, dir, { agent, shutdown_timeout: '60s' });
    const { run, url } = await daemon(config);
    await allActive(url);
    void fleet.play(new AbortController().signal);
    const investigating = async () => (await incidents(url)).find(({ status }) => status === 'investigating');
    const { id } = await waitUntil(investigating, 'an incident that is investigated', 30_000);
    run.send('SIGTERM');
    await waitUntil(async () => (await fetch(`${url}/health/ready`)).status === 503, 'the stop', 10_000);
    expect(run.ended).toBeNull();
    const ended = (): boolean => {
      // What comes at once after the first is the same one.
      if (run.ended === null) run.send('SIGTERM');
      return run.ended !== null;
    };
    await waitUntil(ended, 'its end by a second signal', 20_000);
    expect(run.ended).toBe(1);

    const again = start('run', '--once', '--config', writeFleetConfig(fleet, dir), '--health-port', '0');
    expect(await again.end(90_000)).toBe(0);
    const shown = start('show', id, '--config', config, '-o', 'json');
    const incident = JSON.parse(await shown.success()) as ApiIncident;
    expect(incident).toMatchObject({ status: expect.stringMatching(/reported|resolved/) as string });
    expect(incident.report).not.toBeNull();
  }, 180_000);

  test('OPS-4, CON-1: run --once names the cluster that is dead, and answers for the one that is not', async () => {
    const [port] = (await freePorts(1)) as [number];
    const [alive] = fleet.clusters;
    const config = path.join(dir, 'nightcrier.yaml');
    const clusters = [
      { name: 'alive', mcp: { endpoint: alive?.endpoint }, triage: { enabled: false } },
      { name: 'dead', mcp: { endpoint: `http://127.0.0.1:${port}/mcp` }, triage: { enabled: false } },
    ];
    writeFileSync(config, JSON.stringify({ data_dir: path.join(dir, 'data'), clusters }));
    const run = start('run', '--once', '--config', config, '--health-port', '0');
    expect(await run.end(60_000)).toBe(0);
    expect(run.err).toContain('2 clusters asked, 1 answered\n');
    expect(run.err).toMatch(/^ {2}dead: .*\(NC-CLUSTER-\d{3}\); fix: \S/m);
    expect(run.err).not.toMatch(/^ {2}alive: /m);
    expect(run.out).toBe('');
  }, 90_000);

  test('CFG-2: a wrong configuration ends it with 2, every error at once, before anything starts', async () => {
    const config = path.join(dir, 'nightcrier.yaml');
    writeFileSync(config, 'clusters:\n  - name: a b\n    mcp: {endpont: http://x}\nseverity_threshold: loud\n');
    const run = start('run', '--config', config);
    expect(await run.end()).toBe(2);
    for (const word of ['endpont', 'loud', 'nightcrier.yaml:4']) expect(run.err).toContain(word);
    expect(run.err).not.toMatch(/\n {4}at /);
    expect(run.out).toBe('');
  });
});
