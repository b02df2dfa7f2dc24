import { StoreUnavailableError } from '../domain/state-store.ts';
import { type Problem, problem, ProblemError, type ProblemKind } from '../lib/problem.ts';

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

/** What a failed request is told; `problemStatus` where a person can put it right. */
export function asRefusal(error: Error & { readonly statusCode?: number }, problemStatus = 422): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof StoreUnavailableError)
    return new HttpProblem(503, storeUnreadable, 'the state store does not answer');
  if (error instanceof ProblemError) {
    const { code, message, fix } = error.toProblem();
    return new HttpProblem(problemStatus, { code, title: message, fix, about: '' }, message);
  }
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) {
    return new HttpProblem(status, badRequest, error.message, { allowed: 'see the documentation of the HTTP API' });
  }
  return new HttpProblem(500, internalError, 'the request could not be answered');
}

export const unauthorized: ProblemKind = {
  code: 'NC-HEALTH-001',
  title: 'The token is missing or wrong',
  fix: 'Send the header Authorization: Bearer with the value of health.token; senders of alerts that of sources.alertmanager.token.',
  about:
    'With health.token set, everything but /health/live and the bare answer of /health/ready needs it. POST /api/v2/alerts and POST /webhook/alertmanager need sources.alertmanager.token when that is set, else health.token.',
};

export const foreignHost: ProblemKind = {
  code: 'NC-HEALTH-002',
  title: 'The request is for another host',
  fix: 'Use the address that the daemon printed, or set health.public_url to the one that you use, or set health.token.',
  about:
    'Bound to a loopback address and without a token, only requests whose Host header names this machine (or the host of health.public_url) are answered, and writes only from pages of that host. Otherwise any web page that a person on this machine opens could read incidents by pointing its own name at 127.0.0.1 (DNS rebinding). Bound to any other address, what changes something needs such a Host header too.',
};

export const changeFromAfar: ProblemKind = {
  code: 'NC-HEALTH-018',
  title: 'Only this machine may change something without a token',
  fix: 'Set health.token and send it (Authorization: Bearer), or send the request from the machine of the daemon.',
  about:
    'Without health.token everybody who reaches the port may read. What changes something (a silence, an acknowledgement, a triage, a reload) is taken from the machine of the daemon alone then, because nobody else can be told apart from a stranger.',
};

export const mayOnlyRead: ProblemKind = {
  code: 'NC-HEALTH-019',
  title: 'This login may read, and change nothing',
  fix: 'Sign in with the value of health.token; whom a proxy names needs health.proxy.role: act, or a name in health.proxy.act.',
  about:
    'The value of health.read_token, and a person whom a proxy names with the role read, see everything and change nothing.',
};

export const forgedForm: ProblemKind = {
  code: 'NC-HEALTH-020',
  title: 'The form is not one of our pages',
  fix: 'Reload the page and do it again. Behind a proxy, set health.public_url to the address that people see, and let cookies and Origin through.',
  about:
    'What the pages change is taken from forms of the pages alone: each holds a secret of its browser, and its Origin is the host that was asked or that of health.public_url. So no page of another site can act in your name.',
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
  fix: 'Known: GET /health/live, /health/ready, /health/clusters, /api/incidents, /api/incidents/ID, /api/faults, /api/not-told, /api/silences, /api/search, /api/feedback, /api/events, /metrics; POST /api/triage, /api/silences, /api/incidents/ID/ack, /resolve, /rerun, /feedback and /ask, /-/reload, /api/v2/alerts, /webhook/alertmanager; DELETE /api/silences/ID.',
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

export const alertsDisabled: ProblemKind = {
  code: 'NC-HEALTH-011',
  title: 'Alerts are not taken',
  fix: 'Set sources.alertmanager.enabled: true.',
  about: 'Somebody sends alerts, and the configuration does not say that they are taken (docs/alertmanager.md).',
};

export const unsupportedEncoding: ProblemKind = {
  code: 'NC-HEALTH-012',
  title: 'The encoding of the body is not supported',
  fix: 'Send the body as it is, without Content-Encoding.',
  about: 'Neither Prometheus nor Alertmanager compresses alerts; a compressed body could grow without bound here.',
};

export const openToAll: ProblemKind = {
  code: 'NC-HEALTH-030',
  title: 'Everybody who reaches the HTTP server can read everything',
  fix: 'set health.token, or health.host: 127.0.0.1',
  about:
    'health.host is not an address of this machine alone, and there is no health.token: reports, incidents and metrics are open to the network, and POST /api/triage too. Where something in front of it asks for a login, set a token all the same, and let that add it.',
  severity: 'warning',
};

export const silenceRefused: ProblemKind = {
  code: 'NC-HEALTH-013',
  title: 'The silence cannot be made',
  fix: 'Write matchers such as cluster=~"prod-.*" or namespace=dev, and an end after the start and within a year; docs/silences.md shows the form.',
  about:
    'A matcher is not understood, its regular expression is none or too large, all matchers together fit everything, or the times do not fit together.',
};

export const tooManySilences: ProblemKind = {
  code: 'NC-HEALTH-016',
  title: 'There are too many silences',
  fix: 'End some: nightcrier silence list, then nightcrier silence expire ID; one silence with a regular expression can stand for many.',
  about: 'The number of silences that have not ended is bounded: each is held against every fault.',
};

export const silenceConfigured: ProblemKind = {
  code: 'NC-HEALTH-017',
  title: 'The silence is one of the configuration',
  fix: 'Take it out of silences, environments.NAME.silences or clusters[].overrides.silences of the configuration file.',
  about:
    'What the file says holds until the file says something else: ended by hand it would be back at the next start.',
};

export const incidentEnded: ProblemKind = {
  code: 'NC-HEALTH-014',
  title: 'The incident has ended',
  fix: 'See nightcrier show for how it ended; nightcrier triage CLUSTER KIND/NAMESPACE/NAME investigates an object anew.',
  about: 'An incident that is resolved or was taken in by another is not acknowledged and not investigated again.',
};

export const silenceUnknown: ProblemKind = {
  code: 'NC-HEALTH-015',
  title: 'There is no such silence',
  fix: 'See nightcrier silence list --all, or GET /api/silences.',
  about: 'The id is unknown, or the silence ended longer ago than storage.retention.incidents.',
};

export const slackDisabled: ProblemKind = {
  code: 'NC-HEALTH-031',
  title: 'Slack is not heard at this address',
  fix: 'Set notify.slack.signing_secret to the signing secret of the Slack app, or use Socket Mode (notify.slack.app_token), which needs no address.',
  about: 'POST /slack/interactions and POST /slack/events are there only with notify.slack.signing_secret.',
};

export const slackSignatureWrong: ProblemKind = {
  code: 'NC-HEALTH-032',
  title: 'The request is not signed by Slack',
  fix: 'Set notify.slack.signing_secret to the one of the Slack app, and the clock of this machine right.',
  about:
    'Slack signs its requests with the signing secret of the app. One with another signature, or one that is older than five minutes, is refused, and nothing of it is done.',
};
