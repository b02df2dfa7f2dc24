import { processEnvironment } from './config/environment.ts';
import { cliDeps } from './app/cli-deps.ts';
import { runCli } from './cli/program.ts';

/** Argv, signals and the exit code; everything else is below `cli/` and `app/`. */
const controller = new AbortController();

function stop(signal: NodeJS.Signals): void {
  // The first signal asks for a graceful stop, the second one ends at once.
  if (controller.signal.aborted) process.exit(1);
  controller.abort(new Error(`stopped by ${signal}`));
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

// A reader that went away (`nightcrier incidents | head`) is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
}

const io = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: processEnvironment(),
  cwd: process.cwd(),
  now: () => Date.now(),
  fetch: globalThis.fetch,
};
// A command that waits for an answer may hold nothing but a quiet timer.
const running = setInterval(() => {}, 60_000);
process.exitCode = await runCli(process.argv.slice(2), io, cliDeps, controller.signal);
clearInterval(running);

// Something that was left open must not keep the process; nothing left open, and this timer does not either.
setTimeout(() => process.exit(), 2000).unref();
