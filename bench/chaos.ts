/**
 * Agents in containers while everything around them dies (`node bench/chaos.ts 50`): so many faults, agents that answer,
 * hang, ignore SIGTERM, fail, fork and fill what they can write to, and meanwhile kill -9 of the daemon, of the engine and
 * of containers. At the end every incident has one report and one message, and nothing of a run is left. Needs root and
 * dockerd; prints what it counted and fails with exit code 1.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { agentImage } from '../test/support/agent-image.ts';
import { Daemon } from '../test/support/daemon.ts';
import { allArrived, incidentsOf, settled } from '../test/support/daemon-accounts.ts';
import { OwnEngine } from '../test/support/own-engine.ts';
import { SimulatedCluster } from '../test/support/simulated-cluster.ts';
import { SlackServer } from '../test/support/slack-server.ts';
import { newTempDir } from '../test/support/temp-dir.ts';
import { waitUntil } from '../test/support/wait-until.ts';

const faults = Number(process.argv[2] ?? '50');
const answer = readFileSync(path.join(import.meta.dirname, '../test/fixtures/agents/answer.sh'), 'utf8');
/** What an agent does follows from its incident, so that a run that is taken up again does the same. */
const agent = `
case $(( $(printf '%s' "$NIGHTCRIER_RUN_INCIDENT" | cksum | cut -d' ' -f1) % 6 )) in
  0|1) kubectl get pods -n shop >/dev/null; sleep 1 ;;
  2) sleep 600 ;;
  3) trap '' TERM INT HUP; while :; do sleep 1; done ;;
  4) exit 3 ;;
  5) for i in 1 2 3 4 5 6; do (setsid sleep 600 &) ; done; head -c 20000000 /dev/zero > output/full 2>/dev/null; head -c 20000000 /dev/zero > /tmp/full ;;
esac
${answer}`;

const before = new Set(readdirSync(os.tmpdir()));
const counts = { daemon: 0, engine: 0, container: 0 };
const { dir, remove } = newTempDir();
const engine = new OwnEngine();
const slack = await SlackServer.start();
slack.now = () => Date.now();
const cluster = await SimulatedCluster.start('one');
const wrong: string[] = [];
const expect = (what: string, found: unknown, wanted: unknown): void => {
  process.stdout.write(`${what}: ${JSON.stringify(found)}\n`);
  if (JSON.stringify(found) !== JSON.stringify(wanted)) wrong.push(what);
};
let daemon: Daemon | null = null;
try {
  const image = await agentImage();
  await engine.start();
  await engine.load(image);
  const networks = engine.ask('network', 'ls', '--quiet');
  daemon = await startDaemon(image);
  await waitUntil(() => cluster.push.counts().listening > 0, 'a subscription', 30_000);
  const sent = await attack(daemon);
  await allArrived(daemon, sent, 120_000);
  await settled(daemon, 300_000);
  const incidents = await incidentsOf(daemon);
  const reports = incidents.filter(({ report }) => report !== null && existsSync(report));
  process.stdout.write(
    `killed with -9: ${JSON.stringify(counts)}; attempts: ${incidents.map(({ runs }) => runs[0]?.attempt ?? 0).join(' ')}\n`,
  );
  expect('incidents', incidents.length, faults);
  expect('of them reported', incidents.filter(({ status }) => status === 'reported').length, faults);
  expect('reports', new Set(reports.map(({ report }) => report)).size, faults);
  expect('messages', slack.channelPosts.length, faults);
  await waitUntil(() => engine.containers().length === 0, 'no containers', 60_000).catch(() => {});
  expect('containers left', engine.containers(), []);
  expect('networks changed', engine.ask('network', 'ls', '--quiet') !== networks, false);
  expect('mounts of containers left', mountsIn(path.join(engine.dir, 'data/overlay2')), []);
  const data = path.join(dir, 'data');
  const sockets = path.join(data, 'sockets');
  expect('sockets left', existsSync(sockets) ? readdirSync(sockets) : [], []);
  expect('mounts in data_dir', mountsIn(data), []);
  expect(
    'unfinished files',
    readdirSync(data, { recursive: true })
      .map(String)
      .filter((name) => path.basename(name).startsWith('.tmp-')),
    [],
  );
  await daemon.stop();
  expect('processes left', processesOf(dir, engine.dir), []);
} finally {
  await daemon?.stop();
  await engine.close();
  await slack.close();
  await cluster.close();
  remove();
}
expect(
  'new in the temporary folder',
  readdirSync(os.tmpdir()).filter((name) => !before.has(name) && /nightcrier|agent/.test(name)),
  [],
);
process.stdout.write(wrong.length === 0 ? 'all as it should be\n' : `wrong: ${wrong.join(', ')}\n`);
process.exitCode = wrong.length === 0 ? 0 : 1;

async function startDaemon(image: string): Promise<Daemon> {
  const kubeconfig = path.join(dir, 'one.yaml');
  writeFileSync(kubeconfig, cluster.api.kubeconfig, { mode: 0o600 });
  const prepared = await Daemon.prepare(
    dir,
    {
      clusters: [{ name: 'one', mcp: { endpoint: cluster.push.endpoint }, triage: { kubeconfig } }],
      intake: { group_wait: '200ms' },
      sweep: { interval: '1h' },
      agent: {
        cli: 'custom',
        command: ['bash', '-c', agent.split('${').join('$${')],
        image,
        timeout: '4s',
        max_concurrent: 4,
        max_concurrent_per_cluster: 4,
      },
      circuit_breaker: { failures: 100 },
      budget: { runs_per_hour: 0, runs_per_cluster_hour: 0 },
      notify: { console: false, slack: { bot_token: slack.token, channel: 'C0INCIDENTS', api_url: slack.url } },
    },
    { DOCKER_HOST: engine.env['DOCKER_HOST'] ?? '' },
  );
  await prepared.start();
  return prepared;
}

/** Faults come all the while; after every few something is killed. Gives the ids of the faults. */
async function attack(running: Daemon): Promise<string[]> {
  const sent: string[] = [];
  for (let number = 0; number < faults; number += 1) {
    sent.push(cluster.crash(`app-${number}`, number));
    await new Promise((resolve) => setTimeout(resolve, 700));
    if (number % 4 !== 3) continue;
    switch (Math.floor(number / 4) % 3) {
      case 0:
        counts.daemon += 1;
        await running.kill();
        await running.start();
        await waitUntil(() => cluster.push.counts().listening > 0, 'a subscription', 30_000);
        break;
      case 1: {
        // One may end while it is looked for.
        try {
          const [container] = engine.containers();
          if (container === undefined) break;
          engine.ask('kill', container);
          counts.container += 1;
        } catch {
          break;
        }
        break;
      }
      default:
        counts.engine += 1;
        await engine.end(counts.engine % 2 === 0 ? 'SIGTERM' : 'SIGKILL');
        await engine.start();
    }
  }
  return sent;
}

function mountsIn(folder: string): string[] {
  const places = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  return places.filter((place) => place.startsWith(`${folder}/`));
}

/** Programs of runs: their script, the engine's client, and what holds a container. */
function processesOf(...folders: readonly string[]): string[] {
  const lines = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
  const ofRuns = /run-agent\.sh|docker run|containerd-shim/;
  return lines.filter((line) => ofRuns.test(line) && folders.some((folder) => line.includes(folder)));
}
