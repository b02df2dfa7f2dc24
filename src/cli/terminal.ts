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
