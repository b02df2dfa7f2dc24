import { Writable } from 'node:stream';
import type { Environment } from '../config/environment.ts';
import type { MessageSink } from './notifiers.ts';

/** Anything that takes text: `process.stdout` is one. */
export interface TextTarget {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** Console messages as a stream over standard output; plain text in a pipe or with NO_COLOR. */
export function messageSink(target: TextTarget, env: Environment): MessageSink {
  const isTerminal = target.isTTY === true;
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string | Buffer, _encoding, done) => {
      target.write(chunk.toString());
      done();
    },
  });
  return { stream, isTerminal, color: isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb' };
}
