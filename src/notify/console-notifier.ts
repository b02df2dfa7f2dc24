import type { Writable } from 'node:stream';
import type { DeliveryClaim } from '../domain/state-store.ts';
import { errorText } from '../lib/problem.ts';
import { consoleIncident, consoleLine, consoleNotice, type ConsoleStyle } from './console-text.ts';
import type { Notifier, SendOutcome } from './notifier.ts';
import { tellsAnswer } from './tells-answer.ts';

export interface ConsoleNotifierOptions {
  readonly stream: Writable;
  /** False for a pipe or with NO_COLOR: plain text. */
  readonly color: boolean;
  readonly publicUrl: string | null;
}

/** Notifications as text: a line when an incident opens or ends, a block when it is answered (NOT-4). */
export function consoleNotifier(options: ConsoleNotifierOptions): Notifier {
  const style: ConsoleStyle = { color: options.color, publicUrl: options.publicUrl };
  return {
    target: 'console',
    integration: 'console',
    pausedUntil: () => null,
    problem: () => null,
    send: async (claim): Promise<SendOutcome> => {
      const text = textOf(claim, style);
      try {
        if (text !== '') await write(options.stream, text);
        return { kind: 'sent', post: null };
      } catch (error) {
        return { kind: 'failed', reason: 'other', message: errorText(error), again: 'back_off', uncertain: false };
      }
    },
  };
}

function textOf(claim: DeliveryClaim, style: ConsoleStyle): string {
  if (claim.delivery.kind !== 'incident') return consoleNotice(claim, style);
  const answer = tellsAnswer(claim) ? consoleIncident(claim, style) : '';
  // Progress is not news: the next line of an incident is its answer.
  if (claim.incident?.status === 'investigating') return '';
  return `${answer}${answer === '' || claim.incident?.status === 'resolved' ? consoleLine(claim, style) : ''}`;
}

/** Waits until the text is handed on, so that a slow reader slows us and not our memory. */
function write(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
