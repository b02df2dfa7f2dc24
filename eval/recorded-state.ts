import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { KubeObject } from '../src/kube/cluster-reader.ts';
import { ClusterState } from '../src/sim/api/cluster-state.ts';

/** A recorded cluster in one object: the Lists by API path (`api/v1/pods`), the logs by `NAMESPACE/POD/CONTAINER`. */
export interface CompactRecording {
  readonly cluster: Readonly<Record<string, KubeList>>;
  /** `…/CONTAINER` is the log, `…/CONTAINER.previous` the one of the run before. */
  readonly logs: Readonly<Record<string, string>>;
}

interface KubeList {
  readonly kind: string;
  readonly apiVersion: string;
  readonly items: readonly KubeObject[];
}

/**
 * Reads a recorded cluster: a folder with `cluster/**.json` (Kubernetes Lists by API path) and `logs/NAMESPACE/POD/
 * CONTAINER[.previous].log`, or one file, gzipped JSON of a `CompactRecording`.
 */
export function readRecording(folderOrFile: string): CompactRecording {
  if (statSync(folderOrFile).isFile()) {
    return JSON.parse(gunzipSync(readFileSync(folderOrFile)).toString('utf8')) as CompactRecording;
  }
  const cluster = filesBelow(path.join(folderOrFile, 'cluster'), '.json').map(([key, text]) => [key, JSON.parse(text)]);
  const logs = filesBelow(path.join(folderOrFile, 'logs'), '.log');
  return { cluster: Object.fromEntries(cluster), logs: Object.fromEntries(logs) };
}

/** The state of a recorded cluster, as a simulated cluster serves it. */
export function recordedState(recording: CompactRecording): ClusterState {
  const state = new ClusterState();
  for (const list of Object.values(recording.cluster)) {
    const kind = list.kind.replace(/List$/, '');
    for (const item of list.items) state.put({ ...item, apiVersion: list.apiVersion, kind });
  }
  for (const [key, text] of Object.entries(recording.logs)) {
    const [namespace = '', pod = '', file = ''] = key.split('/');
    state.setLog(namespace, pod, file.replace(/\.previous$/, ''), text, file.endsWith('.previous'));
  }
  return state;
}

/** (relative path without the ending, text) of every file; empty when the folder is not there. */
function filesBelow(folder: string, ending: string): [string, string][] {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => [
      name.slice(0, -ending.length).split(path.sep).join('/'),
      readFileSync(path.join(folder, name), 'utf8'),
    ]);
}
