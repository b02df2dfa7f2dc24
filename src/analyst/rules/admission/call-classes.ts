/** Why the call of an admission webhook failed, as the API server tells it. */
export type CallClass =
  | 'no_service'
  | 'no_endpoints'
  | 'no_port'
  | 'expired'
  | 'not_yet_valid'
  | 'other_name'
  | 'no_bundle'
  | 'unknown_issuer'
  | 'client_refused'
  | 'plain'
  | 'no_name'
  | 'refused'
  | 'timeout'
  | 'no_path'
  | 'no_login'
  | 'bad_answer'
  | 'server_error'
  | 'unknown';

/** A failed call in its parts. */
export interface CallReason {
  readonly class: CallClass;
  /** From the words that make the class on, as they stand in the message. */
  readonly said: string;
  /** Host and path that were called, and how long the API server waits; null where the message has none. */
  readonly host: string | null;
  readonly path: string | null;
  readonly timeout: string | null;
}

/** The most definite first: a certificate that is over is named by the words of all certificates too. */
const forms: readonly (readonly [CallClass, RegExp])[] = [
  ['no_service', /service "[^"]+" not found/],
  ['no_endpoints', /no endpoints available for service[^\n]*/],
  ['no_port', /no service port \S+ found for service[^\n]*/],
  [
    'not_yet_valid',
    /certificate has expired or is not yet valid: current time \S+ is before \S+|certificate is not yet valid[^\n]*/,
  ],
  ['expired', /(?:x509: )?certificate has expired[^\n]*|expired certificate[^\n]*/],
  [
    'other_name',
    /(?:x509: )?(?:certificate is valid for [^\n]*|certificate is not valid for any names[^\n]*|certificate relies on legacy Common Name[^\n]*|cannot validate certificate for [^\n]*)/,
  ],
  [
    'no_bundle',
    /unable to load root certificates[^\n]*|no valid certificate authority[^\n]*|unable to parse bytes as PEM[^\n]*/,
  ],
  ['client_refused', /remote error: tls: [^\n]*|client (?:didn't provide|certificate required)[^\n]*/],
  ['plain', /first record does not look like a TLS handshake|server gave HTTP response to HTTPS client/],
  ['unknown_issuer', /(?:x509|tls): [^\n]*|unknown authority[^\n]*/],
  ['no_name', /lookup \S+[^\n]*|no such host/],
  ['refused', /connection refused|no route to host|network is unreachable|connection reset by peer|\bEOF\b/],
  [
    'timeout',
    /context deadline exceeded[^\n]*|i\/o timeout|(?:Client\.)?[Tt]imeout exceeded[^\n]*|request canceled[^\n]*|unable to return a response in the time allotted[^\n]*|timed out[^\n]*/,
  ],
  ['no_path', /the server could not find the requested resource|404[^\n]{0,40}|page not found/],
  ['no_login', /Unauthorized|Forbidden|asked for the client to provide credentials|forbidden: [^\n]*/],
  [
    'bad_answer',
    /expected (?:webhook )?response[^\n]*|(?:converting|unknown conversion|couldn't (?:get version|decode)|invalid (?:character|response|patch)|unexpected end of JSON|unmarshal)[^\n]*|no kind "[^\n]*/,
  ],
  [
    'server_error',
    /an error on the server[^\n]*|50[0-4][^\n]{0,60}|internal server error[^\n]*|service unavailable[^\n]*/i,
  ],
];

const maxSaid = 200;

/** What the API server says of a failed call. */
export function readCall(text: string): CallReason {
  const url = /(https?:\/\/[^\s"\\/]+)(\/[^\s"\\?]*)?(?:\?timeout=(\w+))?/.exec(text);
  const rest = url ? text.slice(url.index + url[0].length).replace(/^\\?":?\s*/, '') : text;
  const shared = {
    host: url?.[1]?.replace(/^https?:\/\//, '') ?? null,
    path: url?.[2] ?? null,
    timeout: url?.[3] ?? null,
  };
  for (const [kind, form] of forms) {
    const said = form.exec(rest)?.[0];
    if (said !== undefined) return { ...shared, class: kind, said: said.trim().slice(0, maxSaid) };
  }
  return { ...shared, class: 'unknown', said: rest.trim().slice(0, maxSaid) };
}

/** A request that somebody's rules refuse: no fault of the webhook. */
export interface Denial {
  /** Name of the policy, and what it says. */
  readonly policy: string | null;
  readonly said: string;
}

/**
 * What a policy says of what it refuses: of the API server's own ValidatingAdmissionPolicies, and of policy engines that name
 * the policy in brackets before their message, or as the head of a list of rules.
 */
export function readDenial(text: string): Denial | null {
  const own = /ValidatingAdmissionPolicy '([^']+)'(?: with binding '[^']+')? denied request: ([\s\S]*)/.exec(text);
  if (own) return { policy: own[1] ?? null, said: clean(own[2] ?? '') };
  const at = text.indexOf('denied the request');
  if (at < 0) return null;
  const said = text.slice(at + 'denied the request'.length).replace(/^[\s:]+/, '');
  const bracket = /^\[([\w.-]+)\]\s*/.exec(said);
  if (bracket) return { policy: bracket[1] ?? null, said: clean(said.slice(bracket[0].length)) };
  const listed = /following policies:?\s+([\w.-]+):/.exec(said);
  return { policy: listed?.[1] ?? null, said: clean(said) };
}

const clean = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 400);
