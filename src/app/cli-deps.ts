import { openStateReader } from '../storage/state/open-reader.ts';
import { analyseWorkspace } from './analyse-workspace.ts';
import { runDaemon } from './run-daemon.ts';
import { runDemo } from './run-demo.ts';
import { triageOnce } from './triage-once.ts';

/** What the commands need of the program behind them (`CliDeps`). */
export const cliDeps = {
  runDaemon,
  runDemo,
  triageOnce,
  openReader: openStateReader,
  analyse: ({ workspace }: { readonly workspace: string }) => Promise.resolve().then(() => analyseWorkspace(workspace)),
};
