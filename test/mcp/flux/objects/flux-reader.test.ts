import { expect, test } from 'vitest';
import { ReadError } from '../../../../src/kube/cluster-reader.ts';
import { callTool } from '../../../support/call-tool.ts';
import { fluxTools } from '../../../support/flux.ts';
import { ObjectsReader } from '../../../support/objects-reader.ts';

const group = 'source.toolkit.fluxcd.io';

/** A cluster in memory that says of itself what a test wants; null for what it does not have. */
class DiscoveryReader extends ObjectsReader {
  readonly asked: string[] = [];
  readonly documents: Readonly<Record<string, unknown>>;

  constructor(documents: Readonly<Record<string, unknown>>) {
    super();
    this.documents = documents;
  }

  async document(path: string): Promise<unknown> {
    this.asked.push(path);
    const answer = this.documents[path] ?? null;
    if (answer instanceof Error) throw answer;
    return answer;
  }
}

const resources = (...kinds: string[]): object => ({ resources: kinds.map((kind) => ({ kind })) });
const oldGit = { apiVersion: `${group}/v1beta2`, kind: 'GitRepository', metadata: { name: 'a', namespace: 'x' } };
const newGit = { ...oldGit, apiVersion: `${group}/v1` };

async function list(reader: ObjectsReader, kind = 'GitRepository'): Promise<unknown> {
  return await callTool(fluxTools(reader), 'list_flux_sources', { kind });
}

test('the version that we know is taken when it is served, with one question', async () => {
  const reader = new DiscoveryReader({ [`/apis/${group}/v1`]: resources('GitRepository', 'Bucket') });
  reader.put(newGit);
  expect(await list(reader)).toMatchObject({ total: 1 });
  expect(reader.asked).toEqual([`/apis/${group}/v1`]);
});

test('another one when only that is served, of each kind for itself', async () => {
  const reader = new DiscoveryReader({
    [`/apis/${group}`]: { versions: [{ version: 'v1' }, { version: 'v1beta2' }, { version: 3 }] },
    [`/apis/${group}/v1`]: resources('Bucket'),
    [`/apis/${group}/v1beta2`]: resources('GitRepository', 'Bucket'),
  });
  reader.put(oldGit);
  expect(await list(reader)).toMatchObject({ total: 1 });
  await expect(list(reader, 'OCIRepository')).rejects.toMatchObject({ code: 'not_installed' });
});

test('what cannot be asked about itself is read in the version that we know', async () => {
  for (const failure of ['unsupported', 'forbidden'] as const) {
    const reader = new DiscoveryReader({ [`/apis/${group}/v1`]: new ReadError(failure, 'no') });
    reader.put(newGit);
    expect(await list(reader)).toMatchObject({ total: 1 });
  }
});

test('a cluster that does not answer is not one without Flux', async () => {
  const reader = new DiscoveryReader({ [`/apis/${group}/v1`]: new ReadError('unreachable', 'down') });
  await expect(list(reader)).rejects.toMatchObject({ failure: 'unreachable' });
});
