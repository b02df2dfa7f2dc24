import type { DeliveryTarget, RemotePost } from '../domain/records.ts';
import type { DeliveryClaim } from '../domain/state-store.ts';
import type { Problem } from '../lib/problem.ts';

/** Why an attempt failed: a closed list, the `reason` label of metrics. */
export const failureReasons = [
  'rate_limited',
  'auth',
  'channel',
  'payload',
  'server_error',
  'timeout',
  'network',
  'invalid_answer',
  'other',
] as const;
export type FailureReason = (typeof failureReasons)[number];

/** How an attempt to send ended. Times in ms since the epoch. */
export type SendOutcome =
  | { readonly kind: 'sent'; readonly post: RemotePost | null }
  /** Not tried: the way there is closed or full until then. */
  | {
      readonly kind: 'deferred';
      readonly until: number;
      readonly message: string;
      /** The post, when it was made and only a later part waits. */
      readonly post?: RemotePost;
    }
  | {
      readonly kind: 'failed';
      readonly reason: FailureReason;
      readonly message: string;
      /** When to try again: at a time that the other side named, after our own back-off, or never. */
      readonly again: 'back_off' | 'never' | { readonly at: number };
      /** True when the message may have arrived all the same. */
      readonly uncertain: boolean;
      /** The post, when it was made and only a later part failed. */
      readonly post?: RemotePost;
    };

/** Sends one message to one kind of place. */
export interface Notifier {
  readonly target: DeliveryTarget;
  /** The `integration` label of metrics: `slack`, `slack_webhook`, `webhook`, `pagerduty`, `teams`, `console`. */
  readonly integration: string;
  /** Never rejects: how it ended is data. */
  send(claim: DeliveryClaim, signal: AbortSignal): Promise<SendOutcome>;
  /** Nothing at all can be sent before this time (ms since the epoch); null when the way is free. */
  pausedUntil(): number | null;
  /** What a person has to put right, null when all is well. */
  problem(): Problem | null;
}
