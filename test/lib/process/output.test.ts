import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/lib/clock.ts';
import { Output, type OutputOptions } from '../../../src/lib/process/output.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { lacks } from '../../support/needs.ts';
import { tempDir } from '../../support/temp-dir.ts';

const signal = new AbortController().signal;

/** A stream that takes up to `room` bytes, then is full; or fails with `error`. */
class Stream {
  taken = '';
  room = Number.POSITIVE_INFINITY;
  error: string | null = null;
  attempts = 0;
  readonly clock = new ManualClock();
  readonly changes: (string | null)[] = [];
  readonly output: Output;

  constructor(options: Partial<OutputOptions> = {}) {
    const onChange = (failure: string | null): void => void this.changes.push(failure);
    const writeBytes = (_fd: number, bytes: Uint8Array): number => this.#take(bytes);
    this.output = new Output({ fd: 1, isTTY: false, clock: this.clock, onChange, writeBytes, ...options });
  }

  #take(bytes: Uint8Array): number {
    this.attempts += 1;
    const part = bytes.subarray(0, this.room);
    if (part.length === 0) {
      const code = this.error ?? 'EAGAIN';
      throw Object.assign(new Error(`${code}: write`), { code });
    }
    this.room -= part.length;
    this.taken += Buffer.from(part).toString();
    return part.length;
  }
}

describe('OPS-2: a reader that is slow', () => {
  test('gets every line whole and in order; nobody waits for it', async () => {
    const stream = new Stream();
    stream.room = 4;
    for (const line of ['first\n', 'second\n', 'third\n']) stream.output.write(line);
    const sent = stream.output.send('message\n', signal);
    expect(stream.taken).toBe('firs');
    stream.room = 3;
    await stream.clock.advance(20);
    expect(stream.taken).toBe('first\ns');
    stream.room = 1000;
    await stream.clock.advance(1000);
    await sent;
    expect([stream.taken, stream.output.lost]).toEqual(['first\nsecond\nthird\nmessage\n', 0]);
    expect([stream.changes, stream.clock.timers]).toEqual([[], 0]);
  });

  test('costs a bounded memory: what comes beyond is lost and counted, and it is said once', async () => {
    const stream = new Stream({ maxHeldBytes: 20 });
    stream.room = 0;
    for (let line = 0; line < 100; line++) stream.output.write(`line ${line}\n`);
    expect(stream.output.lost).toBe(98);
    await stream.clock.advance(60_000);
    expect(stream.output.failure).toBe('its reader does not read');
    stream.room = 1000;
    await stream.clock.advance(500);
    expect(stream.taken).toBe('line 0\nline 1\n');
    expect(stream.changes).toEqual(['its reader does not read', null]);
    // It is looked at ever more rarely, at least twice a second.
    expect(stream.attempts).toBeLessThan(150);
  });

  test('a message that has not begun is taken back by an abort, one that has begun is finished', async () => {
    const stream = new Stream();
    stream.room = 3;
    const stop = new AbortController();
    const sent = ['begun\n', 'waiting\n'].map((text) => stream.output.send(text, stop.signal));
    stop.abort(new Error('stopping'));
    for (const one of sent) await expect(one).rejects.toThrow('stopping');
    stream.room = 1000;
    await stream.clock.advance(1000);
    expect(stream.taken).toBe('begun\n');
    await expect(stream.output.send('late\n', stop.signal)).rejects.toThrow('stopping');
    // Or it would be written and told as not written: said twice.
    expect(stream.taken).toBe('begun\n');
  });

  test('at the end it is waited for, but not for ever', async () => {
    const stream = new Stream();
    stream.room = 0;
    stream.output.write('last words\n');
    const flushed = stream.output.flush(1000);
    stream.room = 1000;
    await stream.clock.advance(20);
    await flushed;
    expect(stream.taken).toBe('last words\n');
    stream.room = 0;
    stream.output.write('more\n');
    const given = stream.output.flush(1000);
    await stream.clock.advance(1000);
    await given;
  });
});

describe('OPS-2: a stream that fails', () => {
  test.each(['EPIPE', 'EIO', 'ENOSPC', 'EBADF', 'EFBIG'])(
    '%s: the text is lost and counted, once said',
    async (code) => {
      const stream = new Stream();
      [stream.room, stream.error] = [0, code];
      stream.output.write('a\n');
      stream.output.write('b\n');
      await expect(stream.output.send('c\n', signal)).rejects.toThrow(code);
      expect([stream.output.lost, stream.changes, stream.clock.timers]).toEqual([2, [`${code}: write`], 0]);
      stream.room = 1000;
      await stream.output.send('d\n', signal);
      expect([stream.taken, stream.output.failure, stream.changes.length]).toEqual(['d\n', null, 2]);
    },
  );

  test('a line that a full disk cut off does not run into the next', () => {
    const stream = new Stream();
    [stream.room, stream.error] = [3, 'ENOSPC'];
    stream.output.write('cut off\n');
    stream.output.write('lost\n');
    stream.room = 1000;
    stream.output.write('whole\n');
    expect([stream.taken, stream.output.lost]).toEqual(['cut\nwhole\n', 2]);
  });

  test('who is told of it may write at once', () => {
    const stream: Stream = new Stream({
      onChange: (failure) => stream.output.write(failure === null ? 'it is back\n' : 'it failed\n'),
    });
    [stream.room, stream.error] = [0, 'ENOSPC'];
    stream.output.write('a\n');
    stream.room = 1000;
    stream.output.write('b\n');
    stream.output.write('c\n');
    expect(stream.taken).toBe('b\nit is back\nc\n');
  });
});

function open(name: string): Output {
  const fd = openSync(name, 'a');
  onTestFinished(() => closeSync(fd));
  return new Output({ fd, isTTY: false, clock: systemClock });
}

test('a real file', async () => {
  const file = path.join(tempDir(), 'out');
  const output = open(file);
  output.write('one\n');
  await output.send('two\n', signal);
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
});

test.skipIf(lacks('a device that is full', '/dev/full'))('a real disk that is full', async () => {
  const full = open('/dev/full');
  full.write('one\n');
  await expect(full.send('two\n', signal)).rejects.toMatchObject({ code: 'ENOSPC' });
  expect([full.lost, full.failure]).toEqual([1, 'ENOSPC: no space left on device, write']);
});
