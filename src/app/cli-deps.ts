import type { runDaemon, triageOnce } from './run-daemon.ts';
import type { runDemo } from './run-demo.ts';

/**
 * What the commands need of the program behind them (`CliDeps`). Each part is loaded when a command asks for it, so that
 * help, completion and validate do not wait for a Kubernetes client.
 */
export const cliDeps = {
  runDaemon: async (...args: Parameters<typeof runDaemon>) => (await import('./run-daemon.ts')).runDaemon(...args),
  runDemo: async (...args: Parameters<typeof runDemo>) => (await import('./run-demo.ts')).runDemo(...args),
  triageOnce: async (...args: Parameters<typeof triageOnce>) => (await import('./run-daemon.ts')).triageOnce(...args),
  openReader: async (file: string) => (await import('../storage/worker/open.ts')).openStateReader(file),
  analyse: async ({ workspace }: { readonly workspace: string }) =>
    (await import('./analyse-workspace.ts')).analyseWorkspace(workspace),
  verifyAudit: async (text: string) => (await import('../gateway/audit.ts')).verifyAudit(text),
};
