import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { freePorts } from './free-ports.ts';
import { kubeBinary } from './kube-assets.ts';
import { type StartedProcess, startProcess } from './started-process.ts';

/** A real control plane on 127.0.0.1: etcd and kube-apiserver, RBAC on. Several can run side by side. */
export interface ControlPlane {
  readonly dir: string;
  /** File of a kubeconfig with every right, one context `test`. */
  readonly kubeconfig: string;
  readonly server: string;
  /** Address of its etcd, plain HTTP. */
  readonly etcd: string;
  readonly adminToken: string;
  /** PEM of the API server's certificate. */
  readonly ca: string;
  /** Runs kubectl as the administrator; gives its standard output. @throws with its standard error when it fails */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** `kubectl apply` of objects. */
  apply(...objects: readonly object[]): Promise<void>;
  /** A file with a kubeconfig for another credential: the token of a ServiceAccount, made when it is missing. */
  kubeconfigOf(namespace: string, serviceAccount: string): Promise<string>;
  /** Ends the API server, does something meanwhile, and starts it again: with nothing in its watch cache. */
  restartApi(whileDown?: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** `controllers`: deployments make pods, jobs fail; `kubelets`: pods run too (kubelets.yaml). */
  readonly level?: 'api' | 'controllers' | 'kubelets';
  /** Where the nodes say that their kubelet answers (see kubelet-logs.ts). */
  readonly kubeletPort?: number;
}

const readyWithinMs = 60_000;

export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const level = options.level ?? 'api';
  const cleanups = new Cleanups();
  const dir = mkdtempSync(path.join(tmpdir(), 'control-plane-'));
  cleanups.add('files', () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  const run = (name: Parameters<typeof kubeBinary>[0], args: string[]): StartedProcess => {
    const started = startProcess(kubeBinary(name), args, path.join(dir, `${name}.log`));
    cleanups.add(name, () => started.stop());
    return started;
  };
  try {
    const [client, peer, api] = (await freePorts(3)) as [number, number, number];
    const token = randomBytes(16).toString('hex');
    writeKeys(dir, token);
    run('etcd', etcdArgs(dir, client, peer));
    const startApi = (): StartedProcess => run('kube-apiserver', apiserverArgs(dir, client, api, level));
    let apiserver = startApi();
    const ca = await ready(dir, api, token, apiserver);
    const kubeconfig = path.join(dir, 'admin.kubeconfig');
    const server = `https://127.0.0.1:${api}`;
    writeFileSync(kubeconfig, kubeconfigText(server, ca, token), { mode: 0o600 });
    if (level !== 'api') startControllers(run, dir, kubeconfig);
    if (level === 'kubelets') run('kwok', kwokArgs(kubeconfig, options.kubeletPort ?? 10_250));
    const plane = controlPlane(dir, kubeconfig, server, token, ca, cleanups);
    const restartApi = async (whileDown: () => Promise<void> = () => Promise.resolve()): Promise<void> => {
      await apiserver.stop();
      await whileDown();
      apiserver = startApi();
      await ready(dir, api, token, apiserver);
    };
    return { ...plane, etcd: `http://127.0.0.1:${client}`, restartApi };
  } catch (error) {
    await cleanups.run();
    throw error;
  }
}

/** A kubeconfig with one context `test`. */
export function kubeconfigText(server: string, ca: string, token: string): string {
  return `apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "${server}", certificate-authority-data: ${Buffer.from(ca).toString('base64')}}}]
users: [{name: test, user: {token: "${token}"}}]
contexts: [{name: test, context: {cluster: test, user: test}}]
current-context: test
`;
}

// oxlint-disable-next-line max-params
function controlPlane(
  dir: string,
  kubeconfig: string,
  server: string,
  adminToken: string,
  ca: string,
  cleanups: Cleanups,
): Omit<ControlPlane, 'etcd' | 'restartApi'> {
  const kubectl = async (args: readonly string[], input?: string): Promise<string> => {
    const result = await spawnProcess(kubeBinary('kubectl'), ['--kubeconfig', kubeconfig, ...args], {
      env: { HOME: dir, PATH: process.env['PATH'] ?? '' },
      timeoutMs: 60_000,
      maxOutputBytes: 16 * 1024 * 1024,
      ...(input === undefined ? {} : { input }),
    });
    if (result.exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: ${result.stderr || result.error}`);
    return result.stdout;
  };
  return {
    dir,
    kubeconfig,
    server,
    adminToken,
    ca,
    kubectl,
    apply: async (...objects) => {
      await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    },
    kubeconfigOf: async (namespace, name) => {
      await kubectl(['-n', namespace, 'create', 'serviceaccount', name]).catch(() => '');
      const token = await kubectl(['-n', namespace, 'create', 'token', name]);
      const file = path.join(dir, `${namespace}-${name}.kubeconfig`);
      writeFileSync(file, kubeconfigText(server, ca, token.trim()), { mode: 0o600 });
      return file;
    },
    stop: () => cleanups.run(),
  };
}

function writeKeys(dir: string, token: string): void {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(path.join(dir, 'sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
  writeFileSync(path.join(dir, 'tokens.csv'), `${token},admin,admin,system:masters\n`, { mode: 0o600 });
}

function etcdArgs(dir: string, client: number, peer: number): string[] {
  const url = (port: number): string => `http://127.0.0.1:${port}`;
  const urls = { 'listen-client-urls': url(client), 'advertise-client-urls': url(client) };
  const peers = { 'listen-peer-urls': url(peer), 'initial-advertise-peer-urls': url(peer) };
  return [
    ...Object.entries({ ...urls, ...peers }).map(([name, value]) => `--${name}=${value}`),
    '--name=t',
    `--initial-cluster=t=${url(peer)}`,
    `--data-dir=${path.join(dir, 'etcd')}`,
    '--unsafe-no-fsync',
    '--log-level=error',
  ];
}

function apiserverArgs(dir: string, etcd: number, port: number, level: string): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcd}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${path.join(dir, 'certs')}`,
    `--token-auth-file=${path.join(dir, 'tokens.csv')}`,
    '--authorization-mode=RBAC,Node',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${path.join(dir, 'sa.key')}`,
    `--service-account-signing-key-file=${path.join(dir, 'sa.key')}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--endpoint-reconciler-type=none',
    '--kubelet-preferred-address-types=InternalIP',
    // Without the controller manager nobody makes the default ServiceAccount that this plugin asks for.
    ...(level === 'api' ? ['--disable-admission-plugins=ServiceAccount'] : []),
  ];
}

type Run = (name: 'kube-controller-manager' | 'kube-scheduler', args: string[]) => StartedProcess;

function startControllers(run: Run, dir: string, kubeconfig: string): void {
  run('kube-controller-manager', [
    `--kubeconfig=${kubeconfig}`,
    `--service-account-private-key-file=${path.join(dir, 'sa.key')}`,
    `--root-ca-file=${path.join(dir, 'certs', 'apiserver.crt')}`,
    '--leader-elect=false',
    '--secure-port=0',
  ]);
  run('kube-scheduler', [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--secure-port=0']);
}

function kwokArgs(kubeconfig: string, kubeletPort: number): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--config=${path.join(import.meta.dirname, 'kubelets.yaml')}`,
    '--manage-all-nodes',
    '--node-ip=127.0.0.1',
    `--node-port=${kubeletPort}`,
    '--node-lease-duration-seconds=40',
    '--server-address=127.0.0.1:0',
    '-v=WARN',
  ];
}

/** Waits until the API server says that it is ready; gives its certificate. */
async function ready(dir: string, port: number, token: string, apiserver: StartedProcess): Promise<string> {
  const file = path.join(dir, 'certs', 'apiserver.crt');
  const deadline = Date.now() + readyWithinMs;
  while (Date.now() < deadline) {
    if (apiserver.exited) throw new Error(`kube-apiserver ended: ${apiserver.output()}`);
    if (existsSync(file) && (await readyz(port, token))) return readFileSync(file, 'utf8');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`kube-apiserver did not become ready: ${apiserver.output()}`);
}

function readyz(port: number, token: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { headers: { authorization: `Bearer ${token}` }, rejectUnauthorized: false, timeout: 2000 };
    const call = request(`https://127.0.0.1:${port}/readyz`, options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.on('error', () => resolve(false));
    call.on('timeout', () => call.destroy());
    call.end();
  });
}
