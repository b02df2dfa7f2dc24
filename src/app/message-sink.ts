import type { Environment } from '../config/environment.ts';
import type { MessageSink } from './notifiers.ts';

/** Anything that takes text: `process.stdout` is one. */
export interface TextTarget {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** The descriptor, where there is one. */
  readonly fd?: number;
  /** Resolves when the text is written. @throws Error why it cannot be; the reason of the signal */
  send?(text: string, signal: AbortSignal): Promise<void>;
  /** Why nothing can be written now, null when it can. */
  readonly failure?: string | null;
}

/** Console messages over standard output; plain text in a pipe or with NO_COLOR. */
export function messageSink(target: TextTarget, env: Environment): MessageSink {
  const isTerminal = target.isTTY === true;
  return {
    write: async (text, signal) => {
      if (target.send === undefined) target.write(text);
      else await target.send(text, signal);
    },
    failure: () => target.failure ?? null,
    isTerminal,
    color: isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
  };
}
