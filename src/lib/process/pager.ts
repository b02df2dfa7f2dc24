import { spawn } from 'node:child_process';

export interface PagerOptions {
  /** As a shell takes it: `less -R`, `most`. */
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What a shell says of a command that cannot be run. */
const notRunnable = [126, 127];

/**
 * Gives a text to a pager that has the terminal of this process, and waits until the person leaves it. False when the
 * pager could not be started: then nothing was shown. Never rejects.
 */
export async function pageText(text: string, { command, env }: PagerOptions): Promise<boolean> {
  // As git starts its pager: what is short is printed and left there, colours come through.
  const child = spawn('/bin/sh', ['-c', command], {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { LESS: 'FRX', LV: '-c', ...env },
  });
  const ended = new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(!notRunnable.includes(code ?? 0)));
  });
  // Who leaves the pager before the end does not read the rest.
  child.stdin.on('error', () => {});
  child.stdin.end(text);
  return ended;
}
