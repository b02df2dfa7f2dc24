import { expect, test } from 'vitest';
import { cli } from '../../support/cli-run.ts';
import { minimal } from '../../support/config-dir.ts';
import { receive } from '../../storage/store-fixture.ts';
import { owner, signal } from '../../support/signals.ts';
import { answeredIn, now, stateDir } from '../../support/state-dir.ts';
import { tempDir } from '../../support/temp-dir.ts';

test('OPS-4: incidents come with what they are, those that stand first', async () => {
  const { cwd, store } = await stateDir();
  const ended = await answeredIn(store);
  await store.resolveIncident(ended.id, 'cleared', now);
  await receive(store, [signal({ cluster: 'main', pod: 'b' })], { owner: owner('b') });
  const { code, out } = await cli(['complete', 'incidents'], { cwd, now });
  expect(code).toBe(0);
  const lines = out.trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^inc_\w+\tcritical .* · main, (open|queued)$/);
  expect(lines[1]).toBe(`${ended.id}\tcritical ${ended.title} · main, resolved`);
});

test('OPS-4: clusters come from the configuration, objects from what is known of a cluster, each once', async () => {
  const { cwd, store } = await stateDir();
  expect((await cli(['complete', 'clusters'], { cwd })).out).toBe('main\tcluster\n');
  await answeredIn(store);
  const { out } = await cli(['complete', 'objects', 'main'], { cwd });
  const words = out
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t')[0] ?? '');
  expect(words).toContain('Deployment/payments/api');
  expect(new Set(words).size).toBe(words.length);
  expect((await cli(['complete', 'objects', 'other'], { cwd })).out).toBe('');
  // What is completed can be asked for.
  const why = await cli(['why', 'main', words[0] ?? ''], { cwd, now });
  expect(why.code).toBe(0);
});

test('OPS-4: where clusters are discovered, those with incidents are known', async () => {
  const { cwd, store } = await stateDir();
  await answeredIn(store);
  const env = { NIGHTCRIER_DATA_DIR: `${cwd}/data` };
  expect((await cli(['complete', 'clusters'], { cwd: tempDir(), env })).out).toBe('main\tcluster\n');
});

test('OPS-4: a word that a shell could read as more is left out', async () => {
  const { cwd, store } = await stateDir();
  for (const [at, name] of ['$(id)', 'a b', '`id`', '-x', 'a;b', 'fine'].entries()) {
    const fault = signal({ cluster: 'main', pod: `p${at}` });
    const resource = { ...fault.resource, kind: 'Pod', namespace: 'shop', name };
    await receive(store, [{ ...fault, resource }], { owner: { ...owner(), kind: name, name } });
  }
  expect((await store.incidents({ limit: 10 })).items).toHaveLength(6);
  const { out } = await cli(['complete', 'objects', 'main'], { cwd });
  const words = out
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t')[0] ?? '');
  // Behind its kind and namespace a dash begins no option.
  expect(words.toSorted()).toEqual(['Pod/shop/-x', 'Pod/shop/fine', 'fine/payments/fine']);
});

test('OPS-4: whatever is wrong, nothing is said', async () => {
  const broken = await cli(['complete', 'incidents'], { cwd: tempDir({ 'nightcrier.yaml': 'a: [' }) });
  expect(broken).toEqual({ code: 1, out: '', err: '' });
  const noState = await cli(['complete', 'incidents'], { cwd: tempDir({ 'nightcrier.yaml': minimal() }) });
  expect(noState).toEqual({ code: 1, out: '', err: '' });
});
