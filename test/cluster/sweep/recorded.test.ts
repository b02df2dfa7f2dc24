import { describe, expect, test } from 'vitest';
import { Sweeper } from '../../../src/cluster/sweep/sweeper.ts';
import { knownFaultTypes } from '../../../src/domain/fault-types.ts';
import { episodeOf } from '../../support/episode.ts';
import { fakeTools } from '../../support/fake-tools.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { loadRecording, recordingNames } from '../../support/recorded-cluster.ts';

const signal = (): AbortSignal => AbortSignal.timeout(60_000);

describe('CON-5: sweeps of recorded clusters', () => {
  test.each(recordingNames())('%s: found once, stands at the next sweep, absent when all is gone', async (name) => {
    const cluster = loadRecording(name);
    const sweeper = new Sweeper({ clock: new ManualClock(cluster.now + 10 * 60_000) });
    const tools = fakeTools(cluster.objects);
    const first = await sweeper.run('c', tools, 'server', [], signal());
    expect(first).toMatchObject({ result: 'ok', warnings: [] });
    const { findings } = first.report;
    expect(new Set(findings.map((one) => one.faultId)).size).toBe(findings.length);
    expect(findings.every((one) => knownFaultTypes.some((type) => type === one.faultType))).toBe(true);
    expect(findings.filter((one) => one.resource.namespace === 'platform')).toEqual([]);
    // A full-object server needs almost no reads besides the lists: a handful for what events are about, and what
    // autoscalers say of pods without a node.
    expect(first.calls).toBeLessThan(28);

    const active = findings.map((finding, id) => episodeOf(finding, { id }));
    const second = await sweeper.run('c', tools, 'server', active, signal());
    expect(second.report.observations.map((one) => one.observation)).toEqual(active.map(() => 'active'));
    tools.objects = [];
    const third = await sweeper.run('c', tools, 'server', active, signal());
    expect(third.report.findings).toEqual([]);
    expect(third.report.observations.map((one) => one.observation)).toEqual(active.map(() => 'absent'));
  });
});
