import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { evalSets, recordingsDir } from '../../eval/sets.ts';
import { loadRecordings, pack, RecordingError } from '../../eval/recording.ts';
import { newTempDir } from '../support/temp-dir.ts';

const scenario = `id: tiny
recorded_at: '2026-01-01T00:00:00Z'
is_fault: false
focus: {kind: Pod, namespace: a, name: b}
root_cause: null
`;
const pods = { kind: 'PodList', apiVersion: 'v1', items: [{ metadata: { name: 'b', namespace: 'a', uid: 'u' } }] };

/** A recording in the open form. */
function writeOpen(dir: string, id = 'tiny'): string {
  const root = path.join(dir, id);
  mkdirSync(path.join(root, 'cluster/api/v1'), { recursive: true });
  mkdirSync(path.join(root, 'logs/a/b'), { recursive: true });
  writeFileSync(path.join(root, 'scenario.yaml'), scenario.replace('tiny', id));
  writeFileSync(path.join(root, 'cluster/api/v1/pods.json'), JSON.stringify(pods));
  writeFileSync(path.join(root, 'logs/a/b/c.log'), 'now ü\n');
  writeFileSync(path.join(root, 'logs/a/b/c.previous.log'), 'before\n');
  return root;
}

async function inTempDir(work: (dir: string) => void | Promise<void>): Promise<void> {
  const { dir, remove } = newTempDir();
  try {
    await work(dir);
  } finally {
    remove();
  }
}

describe('QUA-2: the compact form of a recording', () => {
  test('holds everything that the open form holds', () =>
    inTempDir((dir) => {
      writeOpen(path.join(dir, 'open'));
      const [open] = loadRecordings(path.join(dir, 'open'));
      mkdirSync(path.join(dir, 'packed'));
      writeFileSync(path.join(dir, 'packed', 'tiny.json.br'), pack(open!));
      const [packed] = loadRecordings(path.join(dir, 'packed'));
      expect(packed).toEqual(open);
      expect(packed?.scenario).toBe(scenario);
      expect(packed?.dump.cluster).toEqual({ 'api/v1/pods': pods });
      expect(packed?.dump.logs).toEqual({ 'a/b/c': 'now ü\n', 'a/b/c.previous': 'before\n' });
      expect(pack(packed!).equals(pack(open!))).toBe(true);
    }));

  test('both forms may lie in one folder, and a folder may be one recording', () =>
    inTempDir((dir) => {
      writeOpen(dir, 'one');
      const [one] = loadRecordings(writeOpen(path.join(dir, 'elsewhere'), 'two'));
      writeFileSync(path.join(dir, 'two.json.br'), pack(one!));
      expect(loadRecordings(dir).map(({ truth }) => truth.id)).toEqual(['one', 'two']);
      expect(loadRecordings(path.join(dir, 'two.json.br'))).toEqual([one]);
    }));

  test('what cannot be read is said with its place', () =>
    inTempDir((dir) => {
      expect(() => loadRecordings(path.join(dir, 'nowhere'))).toThrow(
        new RecordingError(`${dir}/nowhere does not exist`),
      );
      expect(() => loadRecordings(dir)).toThrow(/no recordings in/);
      writeFileSync(path.join(dir, 'x.json.br'), 'no brotli');
      expect(() => loadRecordings(dir)).toThrow(/x\.json\.br cannot be read/);
    }));

  test('the sets of the project are whole and small, and no id is used twice', () => {
    const states = evalSets.flatMap(({ dir }) => {
      const names = readdirSync(dir).sort();
      expect(loadRecordings(dir).map(({ truth }) => `${truth.id}.json.br`)).toEqual(names);
      return names.map((name) => ({ name, bytes: statSync(path.join(dir, name)).size }));
    });
    expect(new Set(states.map(({ name }) => name)).size).toBe(states.length);
    expect(states.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(6 * 1024 * 1024);
  });

  test('the recordings are whole and small', () => {
    const names = readdirSync(recordingsDir);
    const bytes = names.reduce((sum, name) => sum + statSync(path.join(recordingsDir, name)).size, 0);
    expect(bytes).toBeLessThan(5 * 1024 * 1024);
    const all = loadRecordings(recordingsDir);
    expect(all.map(({ truth }) => `${truth.id}.json.br`)).toEqual(names.sort());
    expect(all.filter(({ truth }) => truth.is_fault === true).length).toBeGreaterThanOrEqual(42);
    expect(all.filter(({ truth }) => truth.is_fault === false).length).toBeGreaterThanOrEqual(6);
    for (const { dump } of all) expect(Object.keys(dump.cluster)).toContain('api/v1/pods');
  });
});
