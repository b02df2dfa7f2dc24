import { existsSync } from 'node:fs';
import path from 'node:path';
import { spawnProcess, type SpawnResult } from '../../src/lib/process/spawn.ts';
import type { ControlPlane } from './control-plane.ts';
import { waitUntil } from './wait-until.ts';
import { cannotRun, kubeBinary, missingForControlPlane } from './kube-assets.ts';

const scripts = path.join(import.meta.dirname, '..', '..', 'scripts');

/** The chart of kubernetes-mcp-server, a file: github.com/containers/kubernetes-mcp-server, charts/kubernetes-mcp-server. */
export const mcpChart = process.env['NIGHTCRIER_TEST_MCP_CHART'] ?? '';

/** For `describe.skipIf`: whether there is no control plane, no helm or no chart here; says in one line what is missing. */
export function lacksInstaller(suite: string, level: 'api' | 'kubelets' = 'api'): boolean {
  if (cannotRun(suite, level)) return true;
  const why = missingForInstaller();
  if (why !== null) console.log(`skipped: ${suite}: ${why}`);
  return why !== null;
}

/** Why nothing can be installed here with the real chart, in one line; null when it can. */
export function missingForInstaller(): string | null {
  const why = missingForControlPlane('helm');
  if (why !== null) return why;
  if (mcpChart === '') return 'NIGHTCRIER_TEST_MCP_CHART is not set (a file with the chart of kubernetes-mcp-server)';
  return existsSync(mcpChart) ? null : `NIGHTCRIER_TEST_MCP_CHART: there is no ${mcpChart}`;
}

export interface ScriptWorld {
  /** Without it `$KUBECONFIG` is not set. */
  readonly kubeconfig?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** In place of the PATH with kubectl and helm. */
  readonly path?: string;
  /** Where kubectl and helm keep what they have read. */
  readonly home: string;
}

/** Runs one of the scripts as its users do. */
export function mcpScript(
  name: 'mcp-k8s-up' | 'mcp-k8s-down',
  args: readonly string[],
  { kubeconfig, env = {}, cwd, home, path: programs = withKubectl() }: ScriptWorld,
): Promise<SpawnResult> {
  return spawnProcess(path.join(scripts, name), args, {
    env: { PATH: programs, HOME: home, ...(kubeconfig && { KUBECONFIG: kubeconfig }), ...env },
    ...(cwd === undefined ? {} : { cwd }),
    timeoutMs: 180_000,
  });
}

type OfPlane = Pick<ControlPlane, 'kubeconfig' | 'dir'>;

/** `mcp-k8s-up` with the chart of the tests, as the administrator of a control plane. */
export function up({ kubeconfig, dir }: OfPlane, args: readonly string[] = [], world: Partial<ScriptWorld> = {}) {
  return mcpScript('mcp-k8s-up', ['--chart', mcpChart, ...args], { kubeconfig, home: dir, ...world });
}

/** `mcp-k8s-down`, the same way. */
export function down({ kubeconfig, dir }: OfPlane, args: readonly string[] = [], world: Partial<ScriptWorld> = {}) {
  return mcpScript('mcp-k8s-down', args, { kubeconfig, home: dir, ...world });
}

/** Real helm, as the administrator. @throws with its standard error when it fails */
export function helm(plane: OfPlane, args: readonly string[]): Promise<string> {
  return tool('helm', plane, args);
}

/** Real kubectl, the same way. */
export function kubectlOf(plane: OfPlane, args: readonly string[], input?: string): Promise<string> {
  return tool('kubectl', plane, args, input);
}

async function tool(name: 'helm' | 'kubectl', { kubeconfig, dir }: OfPlane, args: readonly string[], input?: string) {
  const { exitCode, stdout, stderr } = await spawnProcess(kubeBinary(name), args, {
    env: { PATH: withKubectl(), HOME: dir, KUBECONFIG: kubeconfig },
    timeoutMs: 60_000,
    ...(input === undefined ? {} : { input }),
  });
  if (exitCode !== 0) throw new Error(`${name} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Waits until what follows a deleted release (pods and what is made for them) is gone from `mcp-system`, too. */
export async function untilEmpty({ kubectl }: Pick<ControlPlane, 'kubectl'>): Promise<void> {
  const left = () => kubectl(['-n', 'mcp-system', 'get', 'pods,replicasets,endpointslices', '-o', 'name']);
  await waitUntil(async () => (await left()) === '', 'the end of the pods', 30_000);
}

/**
 * All that a cluster holds, as `kind/namespace/name` with uid and version, apart from what changes by itself and from
 * Helm's record of each run.
 */
export async function contents({ kubectl }: Pick<ControlPlane, 'kubectl'>): Promise<Record<string, string>> {
  const kinds = (await kubectl(['api-resources', '--verbs=list', '-o', 'name'])).trim().split('\n');
  const still = kinds.filter((kind) => !/^(?:events|leases|nodes|csinodes|componentstatuses)\b/.test(kind));
  const field = '{.kind}/{.metadata.namespace}/{.metadata.name} {.metadata.uid} {.metadata.resourceVersion}{"\\n"}';
  const text = await kubectl(['get', still.join(','), '-A', '-o', `jsonpath={range .items[*]}${field}{end}`]);
  const lines = text.split('\n').filter((line) => line !== '' && !line.includes('/sh.helm.release.v1.'));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
}

function withKubectl(): string {
  return `${path.dirname(kubeBinary('kubectl'))}:${process.env['PATH'] ?? ''}`;
}
