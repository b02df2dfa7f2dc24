import type { Asked, CallName } from './calls.ts';

/** What is asked: the real Palette, or the demo fleet. Both answer in the same documented shapes. */
export interface Palette {
  /** It is the demo fleet: nothing of it is real. */
  readonly demo: boolean;
  /** Names it in results. */
  readonly source: string;
  /** The answer to a request of the table, as parsed JSON. @throws ToolError; the reason of the signal */
  ask(call: CallName, asked: Asked, signal: AbortSignal): Promise<unknown>;
}

/** The Palette of now. One call of a tool asks one of them from its beginning to its end. */
export interface Palettes {
  /** @throws ToolError `unauthenticated` when there is no key and no demo */
  now(): Palette;
}
