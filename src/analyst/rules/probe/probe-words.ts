/*
 * The part of the lexicon that only probes ask for: where programs listen, what servers log of a client that speaks another
 * protocol, how long they started. Many programs share a kind; a new wording is added here, once.
 */

/** How programs tell where they take connections. */
export const listening = {
  word: /\b(?:listen\w*|serv(?:ing|er|es|ed)|start(?:ed|ing|s)|bound|bind(?:ing|s)?|running|ready|available|accept\w*|local)\b/i,
  /** What speaks of a connection to somebody else, or of one that failed. */
  other:
    /\b(?:connect(?:ing|ed|ion)?s? (?:to|with|from)|upstream|backend|failed|cannot|refused|dial|handshake error|request(?:ed)? from|waiting for)\b/i,
  /** An address with its host, which may be left out. */
  address:
    /(?:^|[\s"'=(@,[]|:\/\/)(0\.0\.0\.0|\[::1?\]|::|\*|127(?:\.\d+){3}|localhost|\d+(?:\.\d+){3})?:(\d{2,5})\b(?![:.]\d)/gi,
  port: /\bport(?:s|\(s\))?\b["']?(?: is|:| =|=)? *["'(]?(\d{2,5})\b/gi,
} as const;

/** What servers log when a client speaks the other one of plain text and TLS. */
export const protocolMixed = {
  /** A server of TLS got plain text. */
  plainToTls:
    /client sent an HTTP request to an HTTPS server|client sent plain HTTP request|plain HTTP request was sent to HTTPS port|first record does not look like a TLS handshake|not an SSL\/TLS record|SSL routines:[^\n]{0,60}http request|SSL: HTTP_REQUEST|Unsupported or unrecognized SSL message|corrupt message of type InvalidContentType|combination of host and port requires TLS|speaking plain HTTP to an SSL-enabled server|plaintext (?:connection|request|HTTP)[^\n]{0,40}(?:TLS|SSL)/i,
  /** A server of plain text got the first bytes of TLS. */
  tlsToPlain:
    /\\x16\\x03|\\u0016\\u0003|0x16 ?0x03|Invalid character found in method name|Invalid HTTP request (?:line|received)|Bad request version|HTTP parse error, malformed request|Invalid method in request/i,
  /** The kubelet got TLS where it spoke plain text: an alert record. */
  answeredTls: /malformed HTTP response "\\x1[56]\\x03/i,
  /** The server wants a certificate of its client. */
  certificateWanted: /remote error: tls: (?:certificate required|bad certificate|unknown certificate authority)/i,
} as const;

/** A host name in a request that a framework does not accept. */
export const hostRefused =
  /Invalid HTTP_HOST header|DisallowedHost|Blocked host|host (?:header )?(?:is )?not (?:allowed|permitted)|Invalid Host header|HostFilter|bad host header|untrusted host/i;

/** A start that tells how long it took: number and unit. */
export const startedIn =
  /\b(?:started|ready|up|initiali[sz]ed|loaded|boot(?:ed)?|startup)\b[^\n]{0,80}?\bin (\d+(?:\.\d+)?) ?(ms|milliseconds?|s|secs?|seconds?|m|minutes?)\b/i;

/** A program that waits for somebody else before it goes on. */
export const waitsForOthers =
  /\b(?:wait(?:ing|s)? (?:for|on|until)|retry(?:ing)?\b|not (?:yet )?(?:available|reachable|reached)|unreachable|attempting to connect|reconnect|still connecting|connection (?:refused|reset|timed out)|ECONNREFUSED|deadlock|blocked)/i;

/** The program that a shell did not find. */
export const programMissingInShell = /(?:^|[:\s])([\w./-]+): (?:command )?not found$/m;
