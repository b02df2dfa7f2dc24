import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readEvidence } from '../../../src/analyst/model/evidence-files.ts';
import type { Asked } from '../../../src/analyst/thread/protocol.ts';
import { WorkThread } from '../../../src/analyst/thread/work-thread.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { requestFor } from '../cluster.ts';

const asked = (name: string): Asked => ({
  kind: 'analyse',
  request: requestFor('Pod', 'ns', name),
  evidence: readEvidence([]),
});

let dir: string;
let clock: ManualClock;
let thread: WorkThread | null;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'nightcrier-thread-'));
  clock = new ManualClock();
  thread = null;
});
afterEach(async () => {
  await thread?.close();
  rmSync(dir, { recursive: true, force: true });
});

/**
 * A thread that does what `body` says with each `asked`; it says of each start and each piece in a file. `answer()`
 * answers with the name of what was asked about.
 */
function threadThat(body: string, first = ''): WorkThread {
  const code = `
    import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
    import { parentPort } from 'node:worker_threads';
    const dir = ${JSON.stringify(dir)};
    const note = (word) => appendFileSync(dir + '/notes', word + '\\n');
    note('started');
    ${first}
    parentPort.on('message', (asked) => {
      const { name } = asked.request.subject;
      note(name);
      const answer = () => parentPort.postMessage({ ok: true, value: name });
      ${body}
    });
    parentPort.postMessage('ready');`;
  const file = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  thread = new WorkThread({ clock, logger: silentLogger, file });
  return thread;
}

const notes = (): string[] => {
  const file = path.join(dir, 'notes');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
};

describe('QUA-3: the thread of the analyst', () => {
  test('works on one piece after the other, in order, and is started once', async () => {
    const working = threadThat('answer();');
    const names = Array.from({ length: 20 }, (_, at) => `p${at}`);
    const answers = await Promise.all(names.map((name) => working.run(asked(name))));
    expect(answers).toEqual(names.map((value) => ({ ok: true, value })));
    expect(notes()).toEqual(['started', ...names]);
  });

  test('what is one too many is left to the caller', async () => {
    const working = threadThat('answer();');
    const all = Array.from({ length: 300 }, (_, at) => working.run(asked(`p${at}`)));
    const answers = await Promise.all(all);
    expect(answers.filter((it) => it === null)).toHaveLength(300 - 256);
  });

  test('one that ends by itself is replaced, and its piece begun once more', async () => {
    const working = threadThat(`
      if (name === 'p1' && !existsSync(dir + '/once')) {
        writeFileSync(dir + '/once', '');
        process.exit(1);
      }
      answer();`);
    const answers = await Promise.all(['p0', 'p1', 'p2'].map((name) => working.run(asked(name))));
    expect(answers.map((it) => it?.ok)).toEqual([true, true, true]);
    expect(notes()).toEqual(['started', 'p0', 'p1', 'started', 'p1', 'p2']);
  });

  test('a piece that ends it twice is given up, with the reason; the others are not', async () => {
    const working = threadThat(`if (name === 'bad') throw new Error('too much'); answer();`);
    const bad = working.run(asked('bad'));
    const good = working.run(asked('good'));
    await expect(bad).rejects.toThrow('the thread of the analyst ended over this evidence: too much');
    expect(await good).toEqual({ ok: true, value: 'good' });
    expect(notes()).toEqual(['started', 'bad', 'started', 'bad', 'started', 'good']);
  });

  test('a piece that takes too long is given up, and the next gets a new thread', async () => {
    const working = threadThat(`if (name === 'endless') for (;;); answer();`);
    const endless = working.run(asked('endless'));
    const good = working.run(asked('good'));
    // Heard at once, so that its rejection is never one that nobody hears.
    const end = Promise.allSettled([endless]);
    await waitUntil(() => notes().includes('endless'), 'the start');
    await clock.advance(30_000);
    expect(await end).toMatchObject([
      { status: 'rejected', reason: { message: expect.stringContaining('longer than 30 s') } },
    ]);
    expect(await good).toEqual({ ok: true, value: 'good' });
  });

  test.each([
    ['breaks', 'throw new Error("no memory for a thread");'],
    ['ends', 'process.exit(0);'],
  ])('one that %s as it starts: the caller works, and the next start is tried after a minute', async (_, first) => {
    const working = threadThat('answer();', `if (!existsSync(dir + '/mended')) { ${first} }`);
    expect(await Promise.all([working.run(asked('p1')), working.run(asked('p2'))])).toEqual([null, null]);
    expect(await working.run(asked('p3'))).toBeNull();
    expect(notes()).toEqual(['started']);
    await clock.advance(60_000);
    expect(await working.run(asked('p4'))).toBeNull();
    expect(notes()).toEqual(['started', 'started']);
  });

  test('one that never gets ready is not waited for', async () => {
    const working = threadThat('answer();', 'note("slow"); for (;;);');
    const answer = working.run(asked('p1'));
    await waitUntil(() => notes().includes('slow'), 'the start');
    await clock.advance(30_000);
    expect(await answer).toBeNull();
  });

  test('is ended when there was nothing to do for a minute, and started again by the next', async () => {
    const working = threadThat('answer();');
    await working.run(asked('p1'));
    await clock.advance(59_000);
    await working.run(asked('p2'));
    await clock.advance(59_000);
    expect(notes()).toEqual(['started', 'p1', 'p2']);
    await clock.advance(1000);
    expect(await working.run(asked('p3'))).toEqual({ ok: true, value: 'p3' });
    expect(notes()).toEqual(['started', 'p1', 'p2', 'started', 'p3']);
  });

  test('closed, it answers nobody any more', async () => {
    const working = threadThat('');
    const silent = working.run(asked('p1'));
    const waits = working.run(asked('p2'));
    await waitUntil(() => notes().includes('p1'), 'the piece');
    const ends = Promise.allSettled([silent, waits]);
    await working.close();
    const stopped = { status: 'rejected', reason: { message: 'the analyst has stopped' } };
    expect(await ends).toMatchObject([stopped, stopped]);
    await expect(working.run(asked('p3'))).rejects.toThrow('has stopped');
  });
});
