import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AgentGateway, GatewayRun, RunGateway } from '../domain/agent-gateway.ts';
import type { ApiAccess } from '../kube/credential/api-access.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { errorText, problem, ProblemError } from '../lib/problem.ts';
import type { AgentTools } from './answer.ts';
import { openAuditLog } from './audit.ts';
import type { GatewayConfig } from './config.ts';
import { gatewayProblems } from './errors.ts';
import { AnswerMemory } from './kubernetes/exchange.ts';
import type { ModelRoute } from './models/model-route.ts';
import { RunServer } from './run-server.ts';

export interface GatewayOptions {
  readonly dataDir: string;
  /** With the upstream credential of a cluster; null when it has none. */
  readonly accessOf: (cluster: string) => Promise<ApiAccess | null>;
  /** What holds for the agents of a cluster. */
  readonly settings: (cluster: string) => GatewayConfig['kubernetes'];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly models: ModelRoute;
  /** Without them `/mcp` is not served. */
  readonly tools?: AgentTools;
  readonly onRequest: (decision: 'allow' | 'refuse') => void;
  /** For sockets whose place under `data_dir` would be too long a name; the system's by default. */
  readonly temporary?: string;
}

/** Answers that are read whole, over all runs, bytes. */
const memoryBytes = 128 * 1024 * 1024;
/** Addresses of unix sockets are no longer (108 with the final zero, man 7 unix). */
const maxSocketPath = 107;

/** The gateway: for each run a socket, and behind it nothing but reads of its one cluster. */
export function createGateway(options: GatewayOptions): AgentGateway {
  const memory = new AnswerMemory(memoryBytes);
  const folders = socketFolders(options);
  return {
    open: (run) => openRun(run, options, folders, memory),
    async endAbandoned() {
      const removed = await Promise.all([folders.near, folders.far].map(removeInside));
      return removed.reduce((sum, count) => sum + count, 0);
    },
  };
}

interface SocketFolders {
  readonly near: string;
  /** With a name of its own for each `data_dir`. */
  readonly far: string;
}

function socketFolders({ dataDir, temporary = tmpdir() }: GatewayOptions): SocketFolders {
  const mark = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  return { near: join(dataDir, 'sockets'), far: join(temporary, `nightcrier-${mark}`) };
}

async function openRun(
  run: GatewayRun,
  options: GatewayOptions,
  folders: SocketFolders,
  memory: AnswerMemory,
): Promise<RunGateway> {
  const { clock, onRequest, logger, models, tools = null } = options;
  const near = join(folders.near, run.runId);
  const socketDir = Buffer.byteLength(join(near, socketName)) <= maxSocketPath ? near : join(folders.far, run.runId);
  const audit = await openAuditLog(join(run.workspace, 'logs/gateway.jsonl'));
  try {
    const settings = options.settings(run.cluster);
    const access =
      run.purpose === 'question'
        ? null
        : await options.accessOf(run.cluster).catch((error: unknown) => {
            logger.warn(
              { cluster: run.cluster, run: run.runId, error: errorText(error) },
              gatewayProblems.noCredential.title,
            );
            return null;
          });
    const server = new RunServer({ run, access, settings, memory, models, tools, audit, clock, onRequest });
    await listen(server, socketDir, run.owner);
    let closing: Promise<void> | null = null;
    const close = async (): Promise<void> => {
      await server.close();
      await audit.flush().catch((error: unknown) => {
        const { code, message, fix } = problem(gatewayProblems.recordFailed, errorText(error), { path: run.workspace });
        logger.error({ code, run: run.runId, error: message, fix }, gatewayProblems.recordFailed.title);
      });
      await audit.close();
      await removeSocket(socketDir);
    };
    return {
      socketDir,
      kubeconfig: agentKubeconfig(run.cluster),
      usage: () => server.usage(),
      served: () => server.served(),
      close: () => (closing ??= close()),
    };
  } catch (error) {
    await audit.close();
    await removeSocket(socketDir);
    throw new ProblemError(gatewayProblems.socketFailed, errorText(error), { fields: { path: socketDir } });
  }
}

const socketName = 'gateway.sock';

/** The folder is the owner's alone from the beginning, so the socket in it is never anybody else's. */
async function listen(server: RunServer, socketDir: string, owner: GatewayRun['owner']): Promise<void> {
  const folder = dirname(socketDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (!(await isOwn(folder))) throw new Error(`${folder} is not a folder of this user alone`);
  await rm(socketDir, { recursive: true, force: true });
  await mkdir(socketDir, { mode: 0o700 });
  await chmod(socketDir, 0o700);
  const socket = join(socketDir, socketName);
  await server.listen(socket);
  await chmod(socket, 0o600);
  if (owner === null) return;
  await chown(socket, owner.uid, owner.gid);
  await chown(socketDir, owner.uid, owner.gid);
}

async function removeSocket(socketDir: string): Promise<void> {
  if (await isOwn(dirname(socketDir))) await rm(socketDir, { recursive: true, force: true }).catch(() => {});
}

/**
 * Whether it is a folder of this user alone. In the system's temporary folder anybody may have put something of this
 * name: a link would lead the removal elsewhere, and whoever owns the folder could put a socket of theirs in it.
 */
async function isOwn(folder: string): Promise<boolean> {
  const stat = await lstat(folder).catch(() => null);
  return stat !== null && stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0;
}

/** Sockets of an earlier process: nobody listens on them any more. */
async function removeInside(folder: string): Promise<number> {
  if (!(await isOwn(folder))) return 0;
  const names = await readdir(folder).catch(() => []);
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true }).catch(() => {})));
  return names.length;
}

/** The kubeconfig of an agent: real for kubectl, and of no use anywhere else. */
function agentKubeconfig(cluster: string): string {
  const name = JSON.stringify(cluster);
  return `apiVersion: v1
kind: Config
clusters: [{name: ${name}, cluster: {server: "http://127.0.0.1:8001/k8s"}}]
contexts: [{name: ${name}, context: {cluster: ${name}, user: agent}}]
users: [{name: agent, user: {}}]
current-context: ${name}
`;
}
