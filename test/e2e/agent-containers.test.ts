import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sections } from '../../src/domain/verdict/verdict.ts';
import { verifyAudit } from '../../src/gateway/audit.ts';
import { openApiReader } from '../../src/kube/read/api-reader.ts';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { startWatchingPushServer } from '../../src/sim/mcp/watch-source.ts';
import { crashLoop, prepareShop, readOnlyCredential } from '../support/active-faults.ts';
import { agentContainers, agentImage, lacksEngine } from '../support/agent-image.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { Daemon } from '../support/daemon.ts';
import { cannotRun, kubeBinary } from '../support/kube-assets.ts';
import { startKubeletLogs } from '../support/kubelet-logs.ts';
import type { QuestionAnswerJson } from '../../src/domain/wire/question.ts';
import { answering } from '../support/models/answering.ts';
import { agentClis } from '../support/models/agent-cli.ts';
import { investigation } from '../support/models/investigation.ts';
import { ModelServer } from '../support/models/model-server.ts';
import { SlackServer } from '../support/slack-server.ts';
import { newTempDir } from '../support/temp-dir.ts';

/** What tests read of a run of the read API. */
interface AgentRun {
  readonly outcome: string;
  readonly agent: string;
  readonly model: string;
  readonly defects: readonly string[];
  readonly repairs: number;
  readonly turns: number;
  readonly tokens: { readonly input: number; readonly cached: number; readonly output: number };
  readonly usd: number;
  readonly requests: { readonly kubernetes: number; readonly model: number; readonly refused: number };
}

interface AgentIncident {
  readonly id: string;
  readonly cluster: string;
  readonly cause: string | null;
  readonly report: string | null;
  readonly runs: readonly AgentRun[];
}

const names = agentClis.map(({ cli }) => cli);
const fatal = 'required environment variable PAYMENTS_TOKEN is not set';
/** The verb first: what each CLI lets its model run. The last one is what an agent must not get. */
const commands = [
  'kubectl get pods -n shop',
  'kubectl logs deployment/api -n shop',
  'kubectl get events -n shop',
  'kubectl get secrets -n shop -o yaml',
];

/** The model's report and verdict, from what kubectl told it. */
const findings = {
  report: (outputs: readonly string[]) =>
    sections
      .map((title) => `## ${title}\n\nFACT-1: kubectl said: ${outputs.join(' ').includes(fatal) ? fatal : 'nothing'}\n`)
      .join('\n'),
  verdict: (outputs: readonly string[]) => {
    const pod = /api-[a-z0-9]+-[a-z0-9]+/.exec(outputs.join(' '))?.[0] ?? 'none';
    return {
      version: 1,
      is_fault: true,
      summary: 'api ends at once: PAYMENTS_TOKEN is not set.',
      causes: [
        {
          rank: 1,
          entity: { kind: 'Deployment', namespace: 'shop', name: 'api' },
          mechanism: 'missing_env',
          wrong_value: 'PAYMENTS_TOKEN',
          statement: 'The model says: api is started without PAYMENTS_TOKEN.',
          confidence: 'high',
          evidence: [{ file: `evidence/logs/shop/${pod}/api.log`, quote: fatal }],
        },
      ],
      victims: [],
      missing: [],
      remediation: [{ action: 'Set PAYMENTS_TOKEN.', command: null, risk: 'low', reversible: true }],
    };
  },
};

/** A model whose first verdict lacks a key: its agent is asked once more. */
function wrongFirst(): typeof findings {
  let written = 0;
  return {
    report: findings.report,
    verdict: (outputs) => {
      const verdict = findings.verdict(outputs);
      written += 1;
      return written === 1 ? { ...verdict, missing: undefined as never } : verdict;
    },
  };
}

/** One control plane with a broken workload, seen as three clusters, each with an agent of its own. */
describe.skipIf(cannotRun('agents in containers', 'kubelets') || lacksEngine('agents in containers'))(
  'agents in containers',
  () => {
    const cleanups = new Cleanups();
    const models = new Map<string, ModelServer>();
    let plane: ControlPlane;
    let slack: SlackServer;
    let daemon: Daemon;

    beforeAll(async () => {
      const image = await agentImage(...names);
      const logs = await startKubeletLogs();
      cleanups.add('logs', () => logs.stop());
      plane = await startControlPlane({ level: 'kubelets', kubeletPort: logs.port });
      cleanups.add('plane', () => plane.stop());
      await prepareShop(plane);
      const secret = { name: 'payments', namespace: 'shop' };
      await plane.apply({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: secret,
        stringData: { token: 'canary-of-a-secret' },
      });
      for (const { cli, dialect } of agentClis) {
        const server = await ModelServer.start(
          dialect,
          investigation('/workspace', commands, cli === 'claude' ? findings : wrongFirst()),
        );
        models.set(cli, server);
        cleanups.add(`model of ${cli}`, () => server.close());
      }
      slack = await SlackServer.start();
      cleanups.add('slack', () => slack.close());
      daemon = await startDaemon(image);
      cleanups.add('daemon', () => daemon.stop());
      await crashLoop(plane, logs);
    }, 420_000);

    afterAll(() => cleanups.run(), 60_000);

    async function startDaemon(image: string): Promise<Daemon> {
      const credential = await readOnlyCredential(plane, true);
      const reader = await openApiReader(plane.kubeconfig, null);
      const clusters: object[] = [];
      for (const { cli, model } of agentClis) {
        const push = await startWatchingPushServer({ serverCluster: cli, reader, intervalMs: 500 });
        cleanups.add(`push server of ${cli}`, () => push.close());
        clusters.push({
          name: cli,
          mcp: { endpoint: push.endpoint },
          triage: { kubeconfig: credential },
          overrides: { agent: { cli, model } },
        });
      }
      const { dir, remove } = newTempDir();
      cleanups.add('files', remove);
      mkdirSync(dir, { recursive: true });
      const provider = (cli: string) => ({ api_key: models.get(cli)?.key, base_url: models.get(cli)?.url });
      const prepared = await Daemon.prepare(
        dir,
        {
          clusters,
          intake: { group_wait: '200ms' },
          agent: { runner: 'docker', image, timeout: '3m', max_concurrent: 2 },
          gateway: { models: { anthropic: provider('claude'), openai: provider('codex'), gemini: provider('gemini') } },
          circuit_breaker: { failures: 100 },
          notify: { slack: { bot_token: slack.token, channel: 'C0INCIDENTS', api_url: slack.url }, console: false },
        },
        { PATH: `${path.dirname(kubeBinary('kubectl'))}:${process.env['PATH']}` },
      );
      await prepared.start();
      return prepared;
    }

    /** The newest run of the cluster's one incident, once there are so many that have ended. */
    async function ended(cluster: string, runs: number): Promise<{ incident: AgentIncident; run: AgentRun }> {
      const find = async () => {
        const { incidents } = await daemon.get<{ incidents: AgentIncident[] }>(`/api/incidents?cluster=${cluster}`);
        const incident = incidents[0];
        const done = incident?.runs.filter(({ outcome }) => outcome !== null) ?? [];
        return incident && incident.report !== null && done.length >= runs ? { incident, done } : null;
      };
      const { incident, done } = await daemon.until(find, `run ${runs} in ${cluster}`, 240_000);
      const run = done.at(-1);
      if (!run) throw new Error('no run');
      return { incident, run };
    }

    async function ask(incident: string): Promise<QuestionAnswerJson> {
      const answer = await fetch(`${daemon.url}/api/incidents/${incident}/ask`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ question: 'why?' }),
      });
      expect(answer.status).toBe(200);
      return (await answer.json()) as QuestionAnswerJson;
    }

    const artifact = (incident: AgentIncident, file: string): string =>
      readFileSync(path.join(path.dirname(incident.report ?? ''), file), 'utf8');

    test.each(agentClis)(
      'TRI-3, TRI-4, TRI-6, GAT-1, GAT-3, TRI-8: $cli reads a real API server with kubectl, writes its report, and it is told',
      async ({ cli, model }) => {
        const { incident, run } = await ended(cli, 1);
        expect([run.outcome, run.defects]).toEqual(['answered', []]);
        expect(run).toMatchObject({ agent: cli, model, repairs: cli === 'claude' ? 0 : 1 });
        expect(incident.cause).toBe('The model says: api is started without PAYMENTS_TOKEN.');
        expect(artifact(incident, 'investigation.md')).toContain(`kubectl said: ${fatal}`);
        const answers = models.get(cli)?.answered ?? 0;
        expect(run.turns).toBe(answers);
        expect(run.tokens.output).toBe(50 * answers);
        expect(run.usd).toBeGreaterThan(0);
        expect(run.requests.kubernetes).toBeGreaterThanOrEqual(3);
        const audit = artifact(incident, 'logs/gateway.jsonl');
        expect(verifyAudit(audit)).toMatchObject({ ok: true });
        expect(audit).toContain('"resource":"pods/log"');
        const files = readdirSync(path.dirname(incident.report ?? ''), { recursive: true }).map(String);
        expect(files.some((file) => file.startsWith('evidence/agent/'))).toBe(true);
      },
      250_000,
    );

    test.each(agentClis)(
      'NOT-5, GAT-1, TRI-8: $cli answers a question from what is kept, reaches no cluster, and is paid for',
      async ({ cli, model }) => {
        const { incident } = await ended(cli, 1);
        const folder = path.dirname(incident.report ?? '');
        const log = filesBelow(path.join(folder, 'evidence/logs')).find((file) =>
          readFileSync(file, 'utf8').includes(fatal),
        );
        const file = path.relative(folder, log ?? folder);
        const server = models.get(cli);
        if (!server) throw new Error('no model');
        server.script = answering(
          '/workspace',
          ['kubectl get pods -n shop', 'jq -r .title incident.json'],
          (outputs) => ({
            version: 1,
            answer: `kubectl: ${outputs[0]?.replaceAll(/\s+/g, ' ').slice(-150)}\nIt is about ${outputs[1]?.trim()}`,
            quotes: [{ file, quote: fatal }],
            commands: ['kubectl get pods -n shop'],
          }),
        );
        const answer = await ask(incident.id);
        expect(answer).toMatchObject({ by: cli, model, note: null, sources: [file] });
        expect(answer.usd).toBeGreaterThan(0);
        expect(answer.text).toContain(`> ${fatal}`);
        expect(answer.text).toMatch(/It is about [^]*shop\/api/);
        expect(answer.text).not.toContain('CrashLoopBackOff');
        expect(answer.text).toMatch(/\$ kubectl --\S+ \S+ get pods -n shop/);
        expect((await ended(cli, 1)).incident.runs).toEqual(incident.runs);
        const { spend } = await daemon.get<{ spend: { agent: string; runs: number; questions: number }[] }>(
          '/api/spend',
        );
        expect(spend.find(({ agent }) => agent === cli)).toMatchObject({ runs: 1, questions: 1 });
      },
      250_000,
    );

    test('NOT-5, OPS-9: kill -9 while an agent is at a question: the next process ends it, its container too', async () => {
      const { incident } = await ended('claude', 1);
      const server = models.get('claude');
      if (!server) throw new Error('no model');
      const asked = server.calls.length;
      server.fault = () => ({ kind: 'nothing' });
      const lost = ask(incident.id).catch((error: unknown) => error);
      await daemon.until(() => server.calls.length > asked, 'the agent');
      await daemon.kill();
      expect(await lost).toBeInstanceOf(Error);
      server.fault = () => null;
      await daemon.start();
      await daemon.until(async () => (await agentContainers()).length === 0, 'no containers', 30_000);
      const page = await (await fetch(`${daemon.url}/i/${incident.id}`, { headers: { accept: 'text/html' } })).text();
      expect(page).toContain('nightcrier was stopped while the agent was at it');
      expect(await ask(incident.id)).toMatchObject({ by: 'claude' });
      expect((await ended('claude', 1)).incident.runs).toEqual(incident.runs);
    }, 250_000);

    test('GAT-1, GAT-3, GAT-4: no secret of the cluster and no key of a model is in anything', async () => {
      for (const { cli } of agentClis) await ended(cli, 1);
      const data = path.join(daemon.dir, 'data');
      const keys = [
        'canary-of-a-secret',
        Buffer.from('canary-of-a-secret').toString('base64'),
        ...[...models.values()].map(({ key }) => key),
      ];
      const holding = filesBelow(data).filter((file) => keys.some((key) => readFileSync(file, 'latin1').includes(key)));
      expect(holding).toEqual([]);
      for (const server of models.values()) {
        expect(server.calls.length).toBeGreaterThan(4);
        expect(JSON.stringify(server.calls)).not.toContain('canary-of-a-secret');
      }
    }, 250_000);

    test('NOT-2, TRI-8: the message names the cause and what it cost', async () => {
      await daemon.until(() => slack.threadPosts.length >= 3, 'three answers in their threads');
      const told = JSON.stringify(slack.posts);
      expect(told).toContain('The model says: api is started without PAYMENTS_TOKEN.');
      expect(told).toMatch(/\$0\.\d/);
    }, 60_000);

    test('TRI-7: a model that fails in the middle costs the agent its answer, not people theirs', async () => {
      for (const { cli } of agentClis) {
        const server = models.get(cli);
        if (!server) throw new Error('no model');
        const asked = server.calls.length;
        server.script = investigation('/workspace', commands, findings);
        server.fault = () => (server.calls.length > asked + 2 ? { kind: 'status', status: 500 } : null);
        const { incident } = await ended(cli, 1);
        const again = await fetch(`${daemon.url}/api/triage`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ cluster: cli, kind: 'Deployment', namespace: 'shop', name: 'api' }),
        });
        expect(again.status).toBe(202);
        const { run } = await ended(cli, 2);
        expect(run.outcome).toBe('fallback');
        expect(run.tokens.output).toBeGreaterThan(0);
        const { incident: after } = await ended(cli, 2);
        expect(after.id).toBe(incident.id);
        expect(artifact(after, 'investigation.md')).toContain('Built-in analyst');
      }
    }, 420_000);

    test('TRI-4: nothing of a run is left: no container, no socket, no process', async () => {
      await daemon.until(async () => (await agentContainers()).length === 0, 'no containers', 30_000);
      const sockets = path.join(daemon.dir, 'data/sockets');
      expect(existsSync(sockets) ? readdirSync(sockets) : []).toEqual([]);
    }, 60_000);
  },
);

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
