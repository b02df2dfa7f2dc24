import { describe, expect, test } from 'vitest';
import { recordingsDir } from '../../eval/sets.ts';
import { loadRecordings } from '../../eval/recording.ts';
import { cannotFind, sweepPart, sweepRecording } from '../../eval/sweep-part.ts';

describe('CON-5: one sweep of each recording, through the read tools of a server', () => {
  const recordings = loadRecordings(recordingsDir);

  test.each(recordings.map((recording) => [recording.truth.id, recording] as const))('%s', async (id, recording) => {
    const { focus, all } = await sweepRecording(recording);
    const expected = recording.truth.is_fault === true && !cannotFind.has(id);
    expect(focus.map((one) => one.faultType).length > 0).toBe(expected);
    expect(all.filter(({ resource }) => resource.namespace === 'platform')).toEqual([]);
  });

  test('a relation that is wrong by itself opens its own incident: the Service without a port', async () => {
    const recording = recordings.find(({ truth }) => truth.id === '070-named-port');
    const { all } = await sweepRecording(recording!);
    expect(all.map((one) => `${one.faultType} ${one.resource.kind}`)).toContain('ServiceWithoutEndpoints Service');
  });

  test('the page names what cannot be found, with the reason', async () => {
    const page = await sweepPart({ recordings });
    const faults = recordings.filter(({ truth }) => truth.is_fault).length;
    expect(page).toMatch(new RegExp(`\\| recordings \\| ${faults - cannotFind.size} of ${faults} \\|`));
    for (const id of cannotFind) expect(page).toContain(`- ${id}`);
  });
});
