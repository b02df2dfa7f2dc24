import type { Logger } from '../../lib/log.ts';

/** Listens for a signal of this process; what it gives stops listening. */
export type OnSignal = (signal: NodeJS.Signals, listener: () => void) => () => void;

/**
 * What `run` says to the signals that would end a process which does not know them, and that end no daemon: only SIGTERM,
 * SIGINT and SIGQUIT (main.ts) stop it, and SIGKILL. SIGPIPE is ignored by Node; SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT,
 * SIGCHLD, SIGURG and SIGWINCH keep what the system does; those of a crash (SIGSEGV, SIGABRT and so on) end it as they
 * should.
 */
const answers: Partial<Record<NodeJS.Signals, string>> = {
  // To Node it means: open the debugger on a port of this machine.
  SIGUSR1: 'nothing is done: no debugger is opened',
  SIGUSR2: 'nothing is done',
  SIGALRM: 'nothing is done',
  SIGVTALRM: 'nothing is done',
  SIGPROF: 'nothing is done',
  SIGIO: 'nothing is done',
  SIGPWR: 'nothing is done: stop the daemon with SIGTERM',
  SIGSTKFLT: 'nothing is done',
  SIGXCPU: 'nothing is done: the limit of processor time (ulimit -t) is near',
  SIGXFSZ: 'a file has reached the limit of its size (ulimit -f)',
};

/**
 * Answers the signals of the table with a line in the log, and SIGHUP with a reload; what it gives stops that. `reload` is
 * null as long as the daemon is being made: it has only just read its configuration.
 */
export function answerSignals(onSignal: OnSignal, logger: Logger, reload: () => (() => void) | null): () => void {
  const stops = Object.entries(answers).map(([signal, answer]) =>
    onSignal(signal as NodeJS.Signals, () => logger.warn({ signal }, answer)),
  );
  stops.push(
    onSignal('SIGHUP', () => {
      const now = reload();
      if (now === null) logger.warn({ signal: 'SIGHUP' }, 'nothing is done: the configuration is being read');
      else now();
    }),
  );
  return () => {
    for (const stop of stops) stop();
  };
}
