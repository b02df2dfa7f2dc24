import { type Problem, problem, type ProblemKind } from '../lib/problem.ts';

/** A refusal with its HTTP status; becomes `{error: {code, message, fix}}`. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(status: number, kind: ProblemKind, message: string, fields: Record<string, string> = {}) {
    super(message);
    this.name = 'HttpProblem';
    this.status = status;
    this.problem = problem(kind, message, fields);
  }
}

export const unauthorized: ProblemKind = {
  code: 'NC-HEALTH-001',
  title: 'The token is missing or wrong',
  fix: 'Send the header Authorization: Bearer with the value of health.token.',
  about: 'With health.token set, everything but /health/live and the bare answer of /health/ready needs it.',
};

export const foreignHost: ProblemKind = {
  code: 'NC-HEALTH-002',
  title: 'The request is for another host',
  fix: 'Use the address that the daemon printed, or set health.public_url to the one that you use, or set health.token.',
  about:
    'Bound to a loopback address and without a token, only requests whose Host header names this machine (or the host of health.public_url) are answered, and writes only from pages of that host. Otherwise any web page that a person on this machine opens could read incidents by pointing its own name at 127.0.0.1 (DNS rebinding).',
};

export const badRequest: ProblemKind = {
  code: 'NC-HEALTH-003',
  title: 'The request is not understood',
  fix: 'Allowed: {allowed}',
  about: 'A parameter is unknown or has a value that is not allowed.',
};

export const notFound: ProblemKind = {
  code: 'NC-HEALTH-004',
  title: 'There is no such thing',
  fix: 'See GET /api/incidents for what there is.',
  about: 'The incident, report or file does not exist, or is older than storage.retention.',
};

export const unknownRoute: ProblemKind = {
  code: 'NC-HEALTH-005',
  title: 'There is no such address',
  fix: 'Known: GET /health/live, /health/ready, /health/clusters, /api/incidents, /api/incidents/ID, /api/faults, /api/events, /metrics; POST /api/triage, /-/reload.',
  about: 'The path or the method is not one that the daemon serves.',
};

export const portUnusable: ProblemKind = {
  code: 'NC-HEALTH-006',
  title: 'The health port cannot be used',
  fix: 'Choose another with health.port or --health-port (auto takes a free one, 0 turns it off).',
  about: 'Another process listens there, the address is not one of this machine, or the port needs more rights.',
};

export const storeUnreadable: ProblemKind = {
  code: 'NC-HEALTH-007',
  title: 'The state store does not answer',
  fix: 'Check the disk that holds the state file (storage.state.path).',
  about: 'The request needs the state store, which cannot be read or written now.',
};

export const internalError: ProblemKind = {
  code: 'NC-HEALTH-008',
  title: 'The daemon failed to answer',
  fix: 'See the log of the daemon at this time; this is a bug.',
  about: 'An error that nothing else names. The answer holds no details; the log does.',
};

export const tooManyListeners: ProblemKind = {
  code: 'NC-HEALTH-009',
  title: 'Too many listeners to events',
  fix: 'Close some of the clients of /api/events.',
  about: 'The number of standing server-sent event streams is bounded.',
};

export const unknownCluster: ProblemKind = {
  code: 'NC-HEALTH-010',
  title: 'The cluster is not configured',
  fix: 'Use one of: {clusters}',
  about: 'A triage by hand names a cluster that is not in the configuration.',
};
