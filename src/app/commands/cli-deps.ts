import { type Environment, setVariables } from '../../config/environment.ts';
import type { CredentialOptions, CredentialRequest } from '../../kube/grant/create-credential.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { StoredFileName } from '../../domain/history.ts';
import { systemClock } from '../../lib/clock.ts';
import { spawnProcess } from '../../lib/process/spawn.ts';
import type { askAlone } from './ask-alone.ts';
import type { runDoctor } from './doctor.ts';
import type { runDaemon, triageOnce } from './run-daemon.ts';
import type { openMcp, serveMcp, serveMcpStdio } from './serve-mcp.ts';
import type { runDemo } from './run-demo.ts';

/** Where reports are: a folder, or what the whole configuration says. */
export type StoredPlace = { readonly folder: string } | { readonly loaded: LoadedConfig };

const probeTimeoutMs = 10_000;

/**
 * What the commands need of the program behind them (`CliDeps`). Each part is loaded when a command asks for it, so that
 * help, completion and validate do not wait for a Kubernetes client.
 */
export const cliDeps = {
  runDaemon: async (...args: Parameters<typeof runDaemon>) => (await import('./run-daemon.ts')).runDaemon(...args),
  runDemo: async (...args: Parameters<typeof runDemo>) => (await import('./run-demo.ts')).runDemo(...args),
  triageOnce: async (...args: Parameters<typeof triageOnce>) => (await import('./run-daemon.ts')).triageOnce(...args),
  serveMcp: async (...args: Parameters<typeof serveMcp>) => (await import('./serve-mcp.ts')).serveMcp(...args),
  serveMcpStdio: async (...args: Parameters<typeof serveMcpStdio>) =>
    (await import('./serve-mcp.ts')).serveMcpStdio(...args),
  openMcp: async (...args: Parameters<typeof openMcp>) => (await import('./serve-mcp.ts')).openMcp(...args),
  runDoctor: async (...args: Parameters<typeof runDoctor>) => (await import('./doctor.ts')).runDoctor(...args),
  doctorWords: async () => (await import('./doctor.ts')).doctorWords(),
  problemKinds: async () => (await import('./doctor.ts')).allKinds(),
  openReader: async (file: string) => (await import('../../storage/worker/open.ts')).openStateReader(file),
  readStored: async (from: StoredPlace, file: StoredFileName) => {
    if ('folder' in from) {
      return (await import('../../storage/artifacts/filesystem.ts')).readStoredFile(from.folder, file);
    }
    const { openArtifacts } = await import('../../storage/artifacts/open-artifacts.ts');
    const artifacts = await openArtifacts(from.loaded.config.storage.artifacts, systemClock);
    return artifacts.get(file.cluster, file.incidentId, file.path);
  },
  askAlone: async (...args: Parameters<typeof askAlone>) => (await import('./ask-alone.ts')).askAlone(...args),
  analyse: async ({ workspace }: { readonly workspace: string }) =>
    (await import('./analyse-workspace.ts')).analyseWorkspace(workspace),
  makeCredential: async (request: CredentialRequest, env: Environment, signal: AbortSignal) =>
    (await import('../../kube/grant/create-credential.ts')).createCredential(request, withKubectl(env), signal),
  credentialText: async (request: CredentialRequest, env: Environment, signal: AbortSignal) =>
    (await import('../../kube/grant/create-credential.ts')).credentialText(request, withKubectl(env), signal),
  askPermissions: async (kubeconfig: string, env: Environment, signal: AbortSignal) => {
    const target = { name: kubeconfig, kubeconfig, context: null, allowSecrets: false };
    const { probePermissions } = await import('../../cluster/permissions/probe.ts');
    return probePermissions(target, probeTimeoutMs, withKubectl(env), signal);
  },
  verifyAudit: async (text: string) => (await import('../../gateway/audit.ts')).verifyAudit(text),
};

/** The kubectl on the PATH of whoever typed the command. */
function withKubectl(env: Environment): CredentialOptions {
  return { spawn: spawnProcess, clock: systemClock, env: setVariables(env), kubectl: 'kubectl' };
}
