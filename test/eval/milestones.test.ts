import { describe, expect, test } from 'vitest';
import { milestonePart, readMilestones } from '../../eval/milestones.ts';
import { evalSets } from '../../eval/sets.ts';
import { loadRecordings } from '../../eval/recording.ts';

describe('QUA-2: figures of a set as they once were', () => {
  test.each(readMilestones().map((it) => [`${it.set}, ${it.at}`, it] as const))(
    '%s is of the set as it is',
    (_name, it) => {
      const set = evalSets.find(({ name }) => name === it.set);
      const states = loadRecordings(set!.dir);
      expect(it.figures.faults).toBe(states.filter(({ truth }) => truth.is_fault === true).length);
      expect(it.figures.controls).toBe(states.filter(({ truth }) => truth.is_fault === false).length);
      expect(it.commit).toMatch(/^[0-9a-f]{7,40}$/);
    },
  );

  test('each set has every one at most once, the first before the blind one', () => {
    const all = readMilestones().map((it) => `${it.set} ${it.at}`);
    expect(new Set(all).size).toBe(all.length);
    for (const { name } of evalSets) {
      const own = readMilestones().filter((it) => it.set === name);
      expect(own.map(({ at }) => at)).toEqual(['first', 'blind'].slice(0, own.length));
    }
  });

  test('the page puts them beside the figures of now', () => {
    const part = milestonePart(readMilestones(), [{ set: 'reports', results: [] }]);
    expect(part).toContain('| reports, first (bbd9d1f) | 1 of 11 |');
    expect(part).toContain('| reports, now | 0 of 0 |');
    expect(milestonePart([], [])).toBe('');
  });
});
