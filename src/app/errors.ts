import type { ProblemKind } from '../lib/problem.ts';

export const logUnwritable: ProblemKind = {
  code: 'NC-RUN-001',
  title: 'The log cannot be written',
  fix: 'Look at what takes standard error: a log shipper that has ended or does not read, a full disk behind a redirect.',
  about:
    'A line could not be written to standard error. The daemon goes on without its log; what was lost is counted in nightcrier_log_lines_lost_total. A pipe whose reader has ended never comes back: restart the daemon when it is convenient. A full disk or a slow reader mends itself.',
};

export const configNotTaken: ProblemKind = {
  code: 'NC-RUN-002',
  title: 'The configuration on disk cannot be used',
  fix: 'mend the file: {fix}',
  about:
    'The configuration, or a file that it names, has changed, and what it says now cannot be used: nothing of it was taken over, the daemon goes on with what it read before. At its next start it would not come up. The message names the first thing that is wrong; "nightcrier validate" lists all. When the file is right again it is taken over by itself, on SIGHUP, or by POST /-/reload.',
};

export const needsRestart: ProblemKind = {
  code: 'NC-RUN-003',
  title: 'Changed settings wait for a restart',
  fix: 'Restart the daemon when it is convenient, or set {keys} back.',
  about:
    'data_dir, storage.state, health.host, health.port and log.format are what a running daemon holds open. They were changed in the configuration: everything else of it was taken over, these count at the next start.',
};

export const notReloadable: ProblemKind = {
  code: 'NC-RUN-004',
  title: 'The configuration cannot be read again',
  fix: 'Start the daemon with --config and a file.',
  about:
    'The daemon was started without a configuration file (the demo), or with one that can be read only once: a pipe.',
};
