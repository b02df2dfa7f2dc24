import { constants } from 'node:os';
import { processEnvironment } from './config/environment.ts';
import { cliDeps } from './app/commands/cli-deps.ts';
import { readInput, terminalAsk, terminalPager } from './cli/terminal.ts';
import { runCli } from './cli/commands/program.ts';
import { ownTimeZone } from './lib/display/local-time.ts';

/** Argv, signals and the exit code; everything else is below `cli/` and `app/`. */
const controller = new AbortController();
/** A terminal gives Ctrl-C to the whole group, and npm hands it on: what comes so soon after is the same one, ms. */
const sameSignalMs = 300;
let first: { readonly signal: NodeJS.Signals; readonly at: number } | null = null;

function stop(signal: NodeJS.Signals): void {
  // The first signal asks for a graceful stop, the second one ends at once.
  if (first !== null) {
    if (signal !== first.signal || performance.now() - first.at > sameSignalMs) process.exit(1);
    return;
  }
  first = { signal, at: performance.now() };
  controller.abort(new Error(`stopped by ${signal}`));
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
process.on('SIGQUIT', stop);
// To Node it means: open the debugger. `run` answers it with a line (process-signals.ts).
process.on('SIGUSR1', () => {});

// Data that nobody takes ends a short command: quietly, with the code of SIGPIPE, when the reader went away
// (`nightcrier incidents | head`). The daemon writes past these streams (daemon-outputs.ts).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(128 + constants.signals.SIGPIPE);
  process.stderr.write(`error: standard output cannot be written: ${error.message}\n`, () => process.exit(1));
});
// Talk that nobody hears is no failure.
process.stderr.on('error', () => {});

const io = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: processEnvironment(),
  cwd: process.cwd(),
  timeZone: ownTimeZone(),
  now: () => Date.now(),
  fetch: globalThis.fetch,
  readInput: () => readInput(process.stdin),
  ask: terminalAsk({
    stdin: process.stdin,
    stderr: process.stderr,
    signal: controller.signal,
    interrupt: () => stop('SIGINT'),
  }),
  page: terminalPager({
    stdout: process.stdout,
    env: processEnvironment(),
    leaveInterrupt: () => {
      // To a pager Ctrl-C means: stop what you search for. It comes to the whole group.
      const toPager = (): void => {};
      process.on('SIGINT', toPager);
      process.off('SIGINT', stop);
      return () => {
        process.on('SIGINT', stop);
        process.off('SIGINT', toPager);
      };
    },
  }),
  onSignal: (signal: NodeJS.Signals, listener: () => void) => {
    process.on(signal, listener);
    return () => void process.off(signal, listener);
  },
};
// A command that waits for an answer may hold nothing but a quiet timer.
const running = setInterval(() => {}, 60_000);
process.exitCode = await runCli(process.argv.slice(2), io, cliDeps, controller.signal);
clearInterval(running);

// Something that was left open must not keep the process; nothing left open, and this timer does not either.
setTimeout(() => process.exit(), 2000).unref();
