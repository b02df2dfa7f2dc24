import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { cli } from '../support/cli-run.ts';
import { answeredIncident, sampleFault, sampleRun } from '../support/incident-samples.ts';
import { withDaemon } from '../support/running-daemon.ts';
import { answeredIn, now, stateDir } from '../support/state-dir.ts';

/** A time of day that says that it is UTC. */
const utc = /\d\d:\d\d(:\d\d)?(\.\d+)?(Z| UTC)/;
const cause = 'the token ended at 2026-11-20 09:00:00 UTC, as the event of 2026-11-20T09:00:01Z says';

test('UX-20: every command tells the words of an answer with times of the zone of the person', async () => {
  const { cwd, store } = await stateDir();
  const { id } = await answeredIn(store, cause);
  const folder = path.join(cwd, 'data/artifacts/main', id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'investigation.md'), `# Report\n\n${cause}\n`);
  await store.giveFeedback(id, { rating: 'wrong', by: 'ana', comment: '' }, now);
  for (const argv of [
    ['incidents'],
    ['show', id],
    ['report', id],
    ['ask', id, 'since', 'when'],
    ['ask', id, 'why'],
    ['feedback', 'list'],
  ]) {
    const { code, out } = await cli(argv, { cwd, now, timeZone: 'Asia/Tokyo', env: { UNSET: 'x' } });
    expect(`${argv.join(' ')}: ${code} ${out}`).toMatch(/: 0 [^]*\d\d:\d\d:\d\d\+09:00/);
    expect(out).not.toMatch(utc);
  }
});

test('UX-20: triage too', () =>
  withDaemon(async ({ reader }, cwd) => {
    const incident = answeredIncident({ id: 'inc_hand', cause });
    reader.details = [{ incident, faults: [sampleFault()], runs: [sampleRun({ id: 'run_hand' })] }];
    const { out } = await cli(['triage', 'prod-eu', 'Node//n1'], { cwd, timeZone: 'Asia/Tokyo' });
    expect(out).toContain('2026-11-20 18:00:00+09:00');
    expect(out).not.toMatch(utc);
  }));
