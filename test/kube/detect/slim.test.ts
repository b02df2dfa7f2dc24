import { expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { detect } from '../../../src/kube/detect/detect.ts';
import { slimObject } from '../../../src/kube/detect/slim.ts';
import { isHealthy } from '../../../src/kube/health.ts';
import { type KindToRead, kindsToRead } from '../../../src/kube/kinds.ts';
import type { KubeEvent } from '../../../src/kube/objects.ts';
import { container, object, pod } from '../../support/kube-objects.ts';
import { loadRecording, recordingNames } from '../../support/recorded-cluster.ts';

const swept = new Set<string>(kindsToRead.map(({ kind }: KindToRead) => kind));

const itself = (one: KubeObject): KubeObject => one;

/** Everything that stands in these objects, with what is around each; `shown` is what detectors get of an object. */
function findings(objects: readonly KubeObject[], now: number, shown = itself) {
  return objects.flatMap((one) => {
    const near = objects.filter(({ metadata }) => metadata.namespace === one.metadata.namespace);
    const of = (...kinds: string[]) => near.filter(({ kind }) => kinds.includes(kind)).map(shown);
    const about = (one as KubeEvent).involvedObject?.uid;
    const involved = objects.find((other) => other.metadata.uid === about);
    return detect(shown(one), {
      now,
      pods: of('Pod'),
      events: objects.filter((event) => (event as KubeEvent).involvedObject?.uid === one.metadata.uid).map(shown),
      endpointSlices: of('EndpointSlice'),
      services: of('Service'),
      workloads: of('Deployment', 'StatefulSet', 'DaemonSet'),
      jobs: of('Job'),
      ...(about ? { involved: involved ? shown(involved) : null } : {}),
    });
  });
}

/** The object, noting the path of each value that is read of it. Lists are one level: what is read of one is read of all. */
function watched(value: unknown, path: string, read: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return new Proxy(value, {
    get: (target, key, receiver) => {
      const child: unknown = Reflect.get(target, key, receiver);
      if (typeof key === 'symbol' || typeof child === 'function' || (Array.isArray(target) && key === 'length'))
        return child;
      const below = Array.isArray(target) ? `${path}[]` : `${path}.${key}`;
      if (typeof child !== 'object' && child !== undefined) read.add(below);
      return watched(child, below, read);
    },
  });
}

function paths(value: unknown, path: string, found: Set<string>): Set<string> {
  found.add(path);
  if (Array.isArray(value)) for (const one of value) paths(one, `${path}[]`, found);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) paths(child, `${path}.${key}`, found);
  }
  return found;
}

test.each(recordingNames())('CON-8: %s shows the same faults and the same health when it is slim', (name) => {
  const { objects, now } = loadRecording(name);
  const full = objects.filter(({ kind }) => swept.has(kind));
  const slim = full.map(slimObject);
  for (const later of [0, 10 * 60_000, 60 * 60_000]) {
    expect(findings(slim, now + later)).toEqual(findings(full, now + later));
  }
  expect(slim.map((one) => isHealthy(one, now))).toEqual(full.map((one) => isHealthy(one, now)));
  const pods = (list: readonly KubeObject[]) => JSON.stringify(list.filter(({ kind }) => kind === 'Pod')).length;
  expect(pods(slim)).toBeLessThan(pods(full) / 2);
});

test('CON-8: what detectors and health read of a recorded object is in the slim one', () => {
  const missing = new Map<string, Set<string>>();
  for (const name of recordingNames()) {
    const { objects, now } = loadRecording(name);
    const full = objects.filter(({ kind }) => swept.has(kind));
    const read = full.map(() => new Set<string>());
    const noted = new Map(full.map((one, index) => [one, watched(one, one.kind, read[index] as Set<string>)]));
    findings(full, now + 10 * 60_000, (one) => noted.get(one) as KubeObject);
    for (const one of noted.values()) isHealthy(one as KubeObject, now);
    full.forEach((one, index) => {
      const kept = paths(slimObject(one), one.kind, new Set());
      const lost = [...(read[index] as Set<string>)].filter((path) => !kept.has(path));
      if (lost.length > 0) missing.set(one.kind, new Set([...(missing.get(one.kind) ?? []), ...lost]));
    });
  }
  expect([...missing].map(([kind, lost]) => [kind, [...lost]])).toEqual([]);
});

test('CON-8: what is large or secret and nobody looks at is not kept', () => {
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': 'x'.repeat(5000) };
  const metadata = { annotations, managedFields: [{ manager: 'kubectl', fieldsV1: {} }], resourceVersion: '1' };
  const containers = [{ name: 'app', image: 'i', env: [{ name: 'TOKEN', value: 'secret-value' }] }];
  const given = pod('p', { phase: 'Running', podIP: '10.0.0.1', containerStatuses: [container({ running: {} })] });
  const text = JSON.stringify(
    slimObject({ ...given, metadata: { ...given.metadata, ...metadata }, spec: { containers } }),
  );
  for (const word of ['last-applied', 'managedFields', 'secret-value', 'podIP', 'resourceVersion'])
    expect(text).not.toContain(word);
  expect(text.length).toBeLessThan(700);
});

test('CON-8: a message of an event is kept in bounds', () => {
  const event = object('Event', 'e', { type: 'Warning', reason: 'Bad', message: 'x'.repeat(10_000) });
  expect(slimObject(event)['message']).toHaveLength(2000);
});

test.each(kindsToRead.map(({ kind }) => kind))(
  'CON-8: a %s in which nothing is what it should be breaks nothing',
  (kind) => {
    for (const junk of [null, 7, 'text', [], [null], { conditions: 7, ports: 'x', containerStatuses: { a: 1 } }]) {
      const given = {
        ...object(kind, 'o'),
        spec: junk,
        status: junk,
        involvedObject: junk,
        series: junk,
        endpoints: junk,
      };
      expect(() => detect(slimObject(given as unknown as KubeObject), { now: 0 })).not.toThrow();
    }
  },
);
