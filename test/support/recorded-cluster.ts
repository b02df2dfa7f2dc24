import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
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

/** Where the recordings are: `NIGHTCRIER_RECORDINGS`, null when it is not set or empty. */
export function recordingsFolder(): string | null {
  const folder = process.env['NIGHTCRIER_RECORDINGS'];
  return folder && existsSync(folder) ? folder : null;
}

export function recordingNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => existsSync(path.join(folder, name, 'scenario.yaml')))
    .sort();
}

export function loadRecording(folder: string, name: string): RecordedCluster {
  const truth = parse(readFileSync(path.join(folder, name, 'scenario.yaml'), 'utf8'));
  const root = path.join(folder, name, 'cluster');
  const texts = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .map((file) => readFileSync(path.join(root, file), 'utf8'));
  const objects = texts.flatMap((text) => {
    const list = JSON.parse(text) as { kind: string; apiVersion: string; items: KubeObject[] };
    const kind = list.kind.replace(/List$/, '');
    return list.items.map((item) => ({ ...item, apiVersion: list.apiVersion, kind }));
  });
  const times = texts.flatMap((text) =>
    [...text.matchAll(/"(2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d[^"]*Z)"/g)].map((match) => Date.parse(match[1] ?? '')),
  );
  return {
    name,
    focus: { namespace: null, ...truth.focus },
    isFault: truth.is_fault,
    triggerType: truth.trigger?.faultType ?? null,
    objects,
    now: times.filter((time) => time < Date.UTC(2026, 11, 31)).reduce((a, b) => Math.max(a, b), 0),
  };
}
