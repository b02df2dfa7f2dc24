import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { signalGroup } from '../../src/lib/process/send-signal.ts';

/** A long-running process of a test, its output in a file. */
export interface StartedProcess {
  readonly pid: number;
  readonly exited: boolean;
  /** The last lines of its output. */
  output(): string;
  stop(): Promise<void>;
}

const graceMs = 5000;

export function startProcess(
  command: string,
  args: readonly string[],
  logFile: string,
  env: Record<string, string> = {},
): StartedProcess {
  const log = openSync(logFile, 'a');
  const child = spawn(command, [...args], {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
    detached: true,
  });
  closeSync(log);
  let exited = false;
  const exit = new Promise<void>((resolve) => {
    const done = (): void => {
      exited = true;
      resolve();
    };
    child.once('exit', done);
    child.once('error', done);
  });
  return {
    pid: child.pid ?? -1,
    get exited() {
      return exited;
    },
    output: () => readFileSync(logFile, 'utf8').slice(-2000),
    stop: async () => {
      if (exited) return;
      kill(child, 'SIGTERM');
      const timer = setTimeout(() => kill(child, 'SIGKILL'), graceMs);
      await exit;
      clearTimeout(timer);
    },
  };
}

function kill(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid !== undefined) signalGroup(child.pid, signal);
}
