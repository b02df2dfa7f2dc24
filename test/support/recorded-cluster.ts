import { readdirSync } from 'node:fs';
import path from 'node:path';
import { recordingsDir } from '../../eval/sets.ts';
import { loadRecordings, packedEnding } from '../../eval/recording.ts';
import type { KubeObject } from '../../src/kube/cluster-reader.ts';

/** One recorded state of a real cluster, with the truth about it. */
export interface RecordedCluster {
  readonly name: string;
  readonly focus: { readonly namespace: string | null; readonly kind: string; readonly name: string };
  readonly isFault: boolean;
  /** The fault type of its first alert, null when only a look at the state finds it. */
  readonly triggerType: string | null;
  readonly objects: readonly KubeObject[];
  /** The newest time in the recording, ms. */
  readonly now: number;
}

/** The recordings that the project carries. */
export function recordingNames(): string[] {
  const names = readdirSync(recordingsDir).filter((name) => name.endsWith(packedEnding));
  return names.map((name) => name.slice(0, -packedEnding.length)).sort();
}

export function loadRecording(name: string): RecordedCluster {
  const [recording] = loadRecordings(path.join(recordingsDir, `${name}${packedEnding}`));
  if (!recording) throw new Error(`no recording ${name}`);
  const { truth, dump } = recording;
  const objects = Object.values(dump.cluster).flatMap((list) => {
    const kind = list.kind.replace(/List$/, '');
    return list.items.map((item) => ({ ...item, apiVersion: list.apiVersion, kind }));
  });
  const text = JSON.stringify(dump.cluster);
  const times = [...text.matchAll(/"(2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d[^"]*Z)"/g)].map((it) => Date.parse(it[1] ?? ''));
  return {
    name,
    focus: truth.focus,
    isFault: truth.is_fault === true,
    triggerType: truth.trigger?.faultType ?? null,
    objects,
    now: times.filter((time) => time < Date.UTC(2026, 11, 31)).reduce((a, b) => Math.max(a, b), 0),
  };
}
