import type { ProblemKind } from '../lib/problem.ts';

export const storeProblems = {
  newer: {
    code: 'NC-STORE-001',
    title: 'The state file is newer than this version',
    fix: 'start the version that wrote it, or set storage.state.path to another file',
    about:
      'A later version of nightcrier has changed the layout of the state file. An older version does not touch it, because it would lose what it does not know.',
  },
  broken: {
    code: 'NC-STORE-002',
    title: 'The state file is damaged',
    fix: 'move {file} (and its -wal and -shm files) away and put a backup in its place, or start without it',
    about:
      'The check of the state file at start found damage, or the file is no SQLite database. Nothing was changed in it.',
  },
  cannotOpen: {
    code: 'NC-STORE-003',
    title: 'The state file cannot be opened',
    fix: 'make {file} and its directory readable and writable for the user that runs nightcrier',
    about: 'The directory does not exist, or the file or its directory cannot be read or written by this user.',
  },
  unavailable: {
    code: 'NC-STORE-004',
    title: 'The state file cannot be written',
    fix: 'free space on the disk that holds data_dir, or make it writable; nightcrier goes on by itself',
    about:
      'The disk is full or read-only. Nothing is accepted meanwhile; when it can be written again a sweep finds what still stands.',
  },
  locked: {
    code: 'NC-STORE-005',
    title: 'Another process uses the data directory',
    fix: 'stop process {pid}, or give this one its own data_dir',
    about:
      'Two processes on one data_dir would say everything twice. The lock goes with the process that holds it, also when it is killed.',
  },
  absent: {
    code: 'NC-STORE-006',
    title: 'There is no state file yet',
    fix: 'start `nightcrier run` once, or name the configuration of the running daemon with --config',
    about: 'Reading commands read the state file of a daemon; none has run with this configuration.',
  },
  artifacts: {
    code: 'NC-STORE-007',
    title: 'Artifacts cannot be written',
    fix: 'free space on the disk that holds storage.artifacts.path, or make it writable',
    about: 'A report could not be stored. What was stored before is untouched; storing is tried again.',
  },
  stopped: {
    code: 'NC-STORE-008',
    title: 'The state store has stopped',
    fix: 'start nightcrier again (a service manager does so by itself) and report the error; nothing that was accepted is lost',
    about:
      'A thread of the state store ended by itself, for example because memory ran out. Nothing could be accepted, told or shown any more, so the process ends instead of going on in silence.',
  },
  busy: {
    code: 'NC-STORE-009',
    title: 'Another program holds the state file',
    fix: 'end what has {file} open for writing (a SQLite shell, a copy that is being made); nightcrier goes on by itself',
    about:
      'A program that is not nightcrier holds a lock on the state file, and did not let it go for 5 seconds. Nothing is accepted meanwhile; when the lock is gone a sweep finds what still stands. Use the backup command of SQLite, or copy the file while nightcrier is stopped.',
  },
  azure: {
    code: 'NC-STORE-010',
    title: 'Azure Blob storage cannot be used',
    fix: 'check account, key or Entra ID role (Storage Blob Data Contributor), endpoint and container under storage.artifacts, the network and the proxy; reports wait on disk and are stored by themselves',
    about:
      'The service did not answer, refused, or has no such container. Investigations go on and are told with what is there; nothing is lost.',
  },
  sizeOver: {
    code: 'NC-STORE-011',
    title: 'Workspaces and reports are over their size limit',
    fix: 'raise storage.retention.max_size, resolve incidents that are over (nightcrier resolve), or delete below {folder} what is not needed; investigations go on by themselves',
    about:
      'Workspaces and reports below data_dir take more than storage.retention.max_size, and nothing is left that may be deleted: only what is of ended incidents goes. Investigations wait meanwhile, as they do when the disk has no room; what was received keeps its place in the queue.',
    severity: 'warning',
  },
} as const satisfies Record<string, ProblemKind>;
