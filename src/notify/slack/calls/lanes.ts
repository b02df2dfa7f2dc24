import { type Clock, delay } from '../../../lib/clock.ts';

/**
 * The ways to Slack, each with its own pace and its own closed sign: one lane a channel for posts (one a second) and one
 * for all edits of the workspace (30 a minute; Slack's tier 3 allows a little more than 50).
 * https://docs.slack.dev/apis/web-api/rate-limits
 */
export class Lanes {
  readonly #clock: Clock;
  readonly #posts = new Map<string, Lane>();
  readonly #edits: Lane;
  #closedUntil = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#edits = new Lane(2000, 10);
  }

  /** Nothing at all goes before this time, ms since the epoch. */
  get closedUntil(): number {
    return this.#closedUntil;
  }

  closeAll(until: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, until);
  }

  openAll(): void {
    this.#closedUntil = 0;
  }

  closePosts(channel: string, until: number): void {
    this.#lane(channel).close(until);
  }

  closeEdits(until: number): void {
    this.#edits.close(until);
  }

  /** Waits for a turn to post; a number is the time at which to ask again, when that is more than `patienceMs` away. */
  post(channel: string, patienceMs: number, signal: AbortSignal): Promise<number | null> {
    return this.#take(this.#lane(channel), patienceMs, signal);
  }

  /** Waits for a turn to edit, like `post`. Progress leaves half of the saved turns to changes of state. */
  edit(kind: 'state' | 'progress', patienceMs: number, signal: AbortSignal): Promise<number | null> {
    return this.#take(this.#edits, patienceMs, signal, kind === 'progress' ? 5 : 0);
  }

  async #take(lane: Lane, patienceMs: number, signal: AbortSignal, reserve = 0): Promise<number | null> {
    const now = this.#clock.now();
    const turn = Math.max(lane.next(now, reserve), this.#closedUntil);
    if (turn - now > patienceMs) return turn;
    lane.take(turn);
    if (turn > now) await delay(this.#clock, turn - now, signal);
    // Closed while it waited.
    const closed = Math.max(lane.closedUntil, this.#closedUntil);
    return closed > this.#clock.now() ? closed : null;
  }

  #lane(channel: string): Lane {
    const lane = this.#posts.get(channel) ?? new Lane(1000, 1);
    this.#posts.set(channel, lane);
    return lane;
  }
}

/** One turn each `intervalMs`; up to `burst` turns that were not used can be taken together (GCRA). */
class Lane {
  closedUntil = 0;
  readonly #intervalMs: number;
  readonly #burst: number;
  /** The time at which the next turn is due if none had been saved. */
  #due = 0;

  constructor(intervalMs: number, burst: number) {
    this.#intervalMs = intervalMs;
    this.#burst = burst;
  }

  next(now: number, reserve: number): number {
    return Math.max(now, this.closedUntil, this.#due - (this.#burst - 1 - reserve) * this.#intervalMs);
  }

  take(turn: number): void {
    this.#due = Math.max(this.#due, turn) + this.#intervalMs;
  }

  close(until: number): void {
    this.closedUntil = Math.max(this.closedUntil, until);
  }
}
