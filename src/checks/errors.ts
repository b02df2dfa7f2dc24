import type { ProblemKind } from '../lib/problem.ts';

/** Problems of the machine that nightcrier runs on. */
export const hostProblems = {
  clockSkew: {
    code: 'NC-HOST-001',
    title: 'The clock of this machine is wrong',
    fix: 'turn on time synchronisation, for example: timedatectl set-ntp true',
    about:
      'The time that servers put into their answers (the Date header) is more than a minute away from ours. Times of incidents, of signed links and of tokens are wrong then, and certificates can look expired.',
    severity: 'warning',
    visibleAfterMs: 600_000,
  },
  diskLow: {
    code: 'NC-HOST-002',
    title: 'The disk of data_dir is nearly full',
    fix: 'free space on the disk of {path}, or shorten storage.retention',
    about:
      'Less than 1 GiB is free, or less than 2 of 100 parts. When nothing is left, nothing is accepted until there is room again; a sweep then finds what still stands.',
    severity: 'warning',
  },
  dataDirUnwritable: {
    code: 'NC-HOST-003',
    title: 'data_dir cannot be written',
    fix: 'make {path} a directory that belongs to the user that runs nightcrier, or set data_dir to another one',
    about: 'State, workspaces and reports live in data_dir. Without it the daemon does not start.',
  },
  dataDirOpen: {
    code: 'NC-HOST-004',
    title: 'Other users of this machine can look into data_dir',
    fix: 'chmod 700 {path}',
    about:
      'data_dir holds logs and events of all clusters. nightcrier makes it with mode 0700; an existing directory is left as it is.',
    severity: 'warning',
  },
  dataDirInEtc: {
    code: 'NC-HOST-006',
    title: 'data_dir is among the configuration of this machine',
    fix: 'set data_dir to a directory for data, for example /var/lib/nightcrier, and move what is there; under systemd StateDirectory= does it',
    about:
      'Paths are relative to the configuration file, so one in /etc has its data there when nothing else is said. /etc is for configuration: it is often backed up, kept in version control, or read-only.',
    severity: 'warning',
  },
  checkUnfinished: {
    code: 'NC-HOST-005',
    title: 'A check could not be finished',
    fix: 'run it again by itself: nightcrier doctor --only {group} --log-level debug',
    about:
      'A check of `nightcrier doctor` ended with an error that nothing else names, or took longer than it may. What it checks is not known.',
  },
} as const satisfies Record<string, ProblemKind>;
