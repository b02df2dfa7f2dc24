import { setVariables } from '../config/environment.ts';
import type { CliIo } from './context.ts';

interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WriteStream;
  readonly signal: AbortSignal;
  /** What Ctrl-C means while a question waits: the terminal gives it as a key then. */
  readonly interrupt: () => void;
}

/**
 * Asks a person, one line a question, on standard error, so that standard output holds data alone. Null when nobody is
 * there: input or talk is no terminal. An answer of null: the person closed the input, or the program is stopped.
 */
export function terminalAsk({ stdin, stderr, signal, interrupt }: Terminal): CliIo['ask'] {
  if (!stdin.isTTY || !stderr.isTTY) return null;
  return async (question) => {
    const { createInterface } = await import('node:readline');
    return new Promise((resolve) => {
      const lines = createInterface({ input: stdin, output: stderr, signal });
      lines.once('SIGINT', () => {
        interrupt();
        lines.close();
      });
      lines.once('close', () => resolve(null));
      lines.question(question, (answer) => {
        resolve(answer);
        lines.close();
      });
    });
  };
}

interface PagedTerminal {
  readonly stdout: NodeJS.WriteStream;
  readonly env: CliIo['env'];
  /** Leaves Ctrl-C to the pager; what it gives takes it back. */
  readonly leaveInterrupt: () => () => void;
}

/**
 * The pager of the person: `$PAGER`, else `less`. Null without a terminal, and where `cat` or nothing is their pager.
 */
export function terminalPager({ stdout, env, leaveInterrupt }: PagedTerminal): CliIo['page'] {
  const command = (env['PAGER'] ?? 'less').trim();
  if (!stdout.isTTY || env['TERM'] === 'dumb' || command === '' || command === 'cat') return null;
  return async (text) => {
    const takeBack = leaveInterrupt();
    try {
      const { pageText } = await import('../lib/process/pager.ts');
      return await pageText(text, { command, env: setVariables(env) });
    } finally {
      takeBack();
    }
  };
}

/** A configuration is smaller; what never ends is not read for ever. Bytes. */
const maxInput = 10 * 1024 * 1024;

/** All of a stream as UTF-8 text. @throws Error when there is more than 10 MiB */
export async function readInput(stream: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const read = Buffer.from(chunk);
    bytes += read.length;
    if (bytes > maxInput) throw new Error(`standard input holds more than ${maxInput} bytes`);
    chunks.push(read);
  }
  return Buffer.concat(chunks).toString('utf8');
}
