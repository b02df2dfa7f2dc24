import { describe, expect, onTestFinished, test } from 'vitest';
import { type Looked, WorkLoop, type WorkLoopOptions } from '../../src/lib/work-loop.ts';
import { ManualClock } from '../support/manual-clock.ts';

const nothing: Looked = { againMs: null };

/** A loop over answers that the test gives: each look takes the next one, and waits for it when there is none. */
class Bench {
  readonly clock = new ManualClock();
  readonly failures: [text: string, retryMs: number][] = [];
  looks = 0;
  readonly #answers: (Looked | Error)[] = [];
  #waiting: ((answer: Looked | Error) => void) | null = null;
  readonly loop: WorkLoop;

  constructor(retry: WorkLoopOptions['retry'] = { initialMs: 1000, maxMs: 8000 }) {
    this.loop = new WorkLoop({
      clock: this.clock,
      look: () => this.#look(),
      retry,
      failed: (error, retryMs) => this.failures.push([String(error), retryMs]),
      random: () => 1,
    });
    onTestFinished(async () => {
      this.#waiting?.(nothing);
      await this.loop.stop();
      if (this.clock.timers > 0) throw new Error('a timer is left');
    });
  }

  async answer(...answers: (Looked | Error)[]): Promise<void> {
    for (const one of answers) {
      if (this.#waiting) this.#waiting(one);
      else this.#answers.push(one);
      this.#waiting = null;
    }
    await this.clock.advance(0);
  }

  async #look(): Promise<Looked> {
    this.looks += 1;
    const next = this.#answers.shift() ?? (await new Promise<Looked | Error>((resolve) => (this.#waiting = resolve)));
    if (next instanceof Error) throw next;
    return next;
  }
}

/** Whether a promise has settled, after everything that can happen now has happened. */
async function settled(bench: Bench, promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(() => (done = true));
  await bench.clock.advance(0);
  return done;
}

describe('what makes it look', () => {
  test('the start, not a wake-up before it', async () => {
    const bench = new Bench();
    bench.loop.wake();
    expect(bench.looks).toBe(0);
    bench.loop.start();
    bench.loop.start();
    expect(bench.looks).toBe(1);
    await bench.answer(nothing);
    expect(bench.looks).toBe(1);
  });

  test('more work at once, then nothing until it is woken', async () => {
    const bench = new Bench();
    bench.loop.start();
    await bench.answer({ againMs: 0 }, { againMs: 0 }, nothing);
    expect(bench.looks).toBe(3);
    await bench.clock.advance(1_000_000);
    expect(bench.looks).toBe(3);
    bench.loop.wake();
    expect(bench.looks).toBe(4);
  });

  test('a wake-up during a look, once, however many there were', async () => {
    const bench = new Bench();
    bench.loop.start();
    bench.loop.wake();
    bench.loop.wake();
    expect(bench.looks).toBe(1);
    await bench.answer(nothing);
    expect(bench.looks).toBe(2);
    await bench.answer(nothing);
    expect(bench.looks).toBe(2);
  });

  test('a wake-up by the look itself does not begin a second one beside it', async () => {
    let [together, most, looks] = [0, 0, 0];
    const loop: WorkLoop = new WorkLoop({
      clock: new ManualClock(),
      look: async () => {
        together += 1;
        most = Math.max(most, together);
        looks += 1;
        if (looks < 3) loop.wake();
        await Promise.resolve();
        together -= 1;
        return nothing;
      },
      retry: { initialMs: 1, maxMs: 1 },
      failed: () => {},
    });
    loop.start();
    await loop.drain();
    expect([looks, most]).toEqual([3, 1]);
  });

  test('a wake-up in the same turn in which a look ends', async () => {
    const bench = new Bench();
    bench.loop.start();
    void bench.answer(nothing);
    for (let turn = 0; turn < 6; turn += 1) {
      bench.loop.wake();
      await Promise.resolve();
    }
    await bench.answer(nothing);
    bench.loop.wake();
    await bench.answer(nothing, nothing);
    expect(bench.looks).toBeGreaterThan(2);
  });

  test('the time that the last look named, unless it is woken before', async () => {
    const bench = new Bench();
    bench.loop.start();
    await bench.answer({ againMs: 500 });
    await bench.clock.advance(499);
    expect(bench.looks).toBe(1);
    bench.loop.wake();
    expect(bench.looks).toBe(2);
    await bench.answer({ againMs: 500 });
    await bench.clock.advance(500);
    expect(bench.looks).toBe(3);
  });

  test('nobody, while it is deaf; what came then is looked for after that', async () => {
    const bench = new Bench();
    bench.loop.start();
    await bench.answer({ againMs: 500, deaf: true });
    bench.loop.wake();
    await bench.clock.advance(499);
    expect(bench.looks).toBe(1);
    await bench.clock.advance(1);
    expect(bench.looks).toBe(2);
  });
});

describe('a look that throws', () => {
  test('is told and repeated, later each time; a good one begins anew', async () => {
    const bench = new Bench();
    bench.loop.start();
    await bench.answer(new Error('one'));
    await bench.clock.advance(1000);
    await bench.answer(new Error('two'));
    await bench.clock.advance(1999);
    expect(bench.looks).toBe(2);
    await bench.clock.advance(1);
    await bench.answer({ againMs: 0 }, new Error('three'));
    expect(bench.failures).toEqual([
      ['Error: one', 1000],
      ['Error: two', 2000],
      ['Error: three', 1000],
    ]);
  });

  test('does not repeat at full speed for what came meanwhile; a later wake-up ends the back-off', async () => {
    const bench = new Bench();
    bench.loop.start();
    bench.loop.wake();
    await bench.answer(new Error('one'));
    expect(bench.looks).toBe(1);
    bench.loop.wake();
    expect(bench.looks).toBe(2);
  });

  test('with a deaf back-off, no wake-up ends it', async () => {
    const bench = new Bench({ initialMs: 1000, maxMs: 8000, deaf: true });
    bench.loop.start();
    await bench.answer(new Error('one'));
    bench.loop.wake();
    await bench.clock.advance(999);
    expect(bench.looks).toBe(1);
    await bench.clock.advance(1);
    expect(bench.looks).toBe(2);
  });
});

describe('idle', () => {
  test('waits for a look that found nothing anywhere', async () => {
    const bench = new Bench();
    bench.loop.start();
    const idle = bench.loop.idle();
    await bench.answer(nothing, nothing);
    expect(await settled(bench, idle)).toBe(false);
    bench.loop.wake();
    await bench.answer({ againMs: 30_000, idle: true });
    await idle;
  });

  test('who asks during a look asks about what came since', async () => {
    const bench = new Bench();
    bench.loop.start();
    const idle = bench.loop.idle();
    await bench.answer({ againMs: null, idle: true });
    expect(await settled(bench, idle)).toBe(false);
    await bench.answer({ againMs: null, idle: true });
    await idle;
  });

  test('ends with a stop, and is there at once after it', async () => {
    const bench = new Bench();
    bench.loop.start();
    const idle = bench.loop.idle();
    const stopping = bench.loop.stop();
    await idle;
    await bench.answer(nothing);
    await stopping;
    await bench.loop.idle();
    expect(bench.looks).toBe(1);
  });
});

describe('the end', () => {
  test('a stop waits for the look that goes on; none follows', async () => {
    const bench = new Bench();
    bench.loop.start();
    const stopping = bench.loop.stop();
    expect(await settled(bench, stopping)).toBe(false);
    await bench.answer({ againMs: 0 });
    await stopping;
    bench.loop.wake();
    bench.loop.start();
    await bench.clock.advance(100_000);
    expect(bench.looks).toBe(1);
  });

  test('a stop before the start', async () => {
    const bench = new Bench();
    await bench.loop.stop();
    bench.loop.start();
    expect(bench.looks).toBe(0);
    await bench.loop.drain();
  });

  test('a drain takes everything that can be taken now', async () => {
    const bench = new Bench();
    bench.loop.start();
    await bench.answer({ againMs: 30_000 });
    const draining = bench.loop.drain();
    await bench.answer({ againMs: 0 }, { againMs: 0 });
    expect(await settled(bench, draining)).toBe(false);
    await bench.answer({ againMs: 30_000 });
    await draining;
    expect(bench.looks).toBe(4);
    expect(bench.clock.timers).toBe(0);
  });

  test('a drain ends a deaf pause with one last look, and waits for no back-off', async () => {
    const bench = new Bench();
    bench.loop.start();
    await bench.answer({ againMs: 30_000, deaf: true });
    const draining = bench.loop.drain();
    await bench.answer(new Error('still down'));
    await draining;
    expect(bench.looks).toBe(2);
    expect(bench.failures).toEqual([]);
  });

  test('a stop ends a drain', async () => {
    const bench = new Bench();
    bench.loop.start();
    const draining = bench.loop.drain();
    const stopping = bench.loop.stop();
    await bench.answer({ againMs: 0 });
    await Promise.all([draining, stopping]);
    expect(bench.looks).toBe(1);
  });
});
