import type { ProblemKind } from '../lib/problem.ts';

export const logUnwritable: ProblemKind = {
  code: 'NC-RUN-001',
  title: 'The log cannot be written',
  fix: 'Look at what takes standard error: a log shipper that has ended or does not read, a full disk behind a redirect.',
  about:
    'A line could not be written to standard error. The daemon goes on without its log; what was lost is counted in nightcrier_log_lines_lost_total. A pipe whose reader has ended never comes back: restart the daemon when it is convenient. A full disk or a slow reader mends itself.',
};
