export interface SessionTimes {
  /** Until a request of the handshake is answered, ms. */
  readonly handshakeMs: number;
  /** Until a ping or a subscription is answered, ms. */
  readonly requestMs: number;
  /** Until a tool has answered in full, ms. */
  readonly toolMs: number;
  /** Between pings, ms. */
  readonly pingMs: number;
  /** For the goodbye, ms. */
  readonly endMs: number;
  /** For push to come about before the cluster is swept without it, ms. */
  readonly pushFirstMs: number;
  /** Until a server that does not know push is asked for it again, ms. */
  readonly pushAgainMs: number;
}

/** The limits of a session; only the ping is configured. */
export function sessionTimes(pingMs: number): SessionTimes {
  const tenSeconds = 10_000;
  return {
    handshakeMs: tenSeconds,
    requestMs: tenSeconds,
    toolMs: 60_000,
    pingMs,
    endMs: 2000,
    pushFirstMs: 2000,
    pushAgainMs: 600_000,
  };
}
