import { expect, test } from 'vitest';
import { ReadError } from '../../../src/kube/cluster-reader.ts';
import { parseYamlAnswer } from '../../../src/kube/read/yaml-answer.ts';

const { signal } = new AbortController();

/** A list of pods as a server prints it, a kilobyte each. */
function podList(count: number): string {
  const pod = (index: number): string =>
    [
      '- apiVersion: v1',
      '  kind: Pod',
      '  metadata:',
      `    name: pod-${index}`,
      '    annotations:',
      '      script: |',
      '        - not an item',
      `        ${'x'.repeat(900)}`,
      '  spec:',
      '    containers:',
      '    - name: web',
      '',
    ].join('\n');
  return Array.from({ length: count }, (_, index) => pod(index)).join('');
}

test('CON-6: a list that is parsed item by item is the list', async () => {
  const items = (await parseYamlAnswer(podList(3), signal)) as { metadata: { name: string } }[];
  expect(items.map((item) => item.metadata.name)).toEqual(['pod-0', 'pod-1', 'pod-2']);
  expect(items[1]).toMatchObject({
    metadata: { annotations: { script: `- not an item\n${'x'.repeat(900)}\n` } },
    spec: { containers: [{ name: 'web' }] },
  });
});

test('CON-1: the list of a large cluster does not hold up the others: timers go on while it is parsed', async () => {
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  try {
    expect(await parseYamlAnswer(podList(2000), signal)).toHaveLength(2000);
  } finally {
    clearInterval(timer);
  }
  expect(turns).toBeGreaterThan(3);
});

test('CON-6: whoever gives up on a list ends its parsing', async () => {
  const control = new AbortController();
  const parsing = parseYamlAnswer(podList(2000), control.signal);
  setImmediate(() => control.abort(new Error('no longer wanted')));
  await expect(parsing).rejects.toThrow('no longer wanted');
});

test('CON-6: what is large and cannot be taken apart is refused', async () => {
  const large = 'a'.repeat(2 * 1024 * 1024);
  for (const text of [`kind: List\nitems: ${large}`, `- name: a\n- name: ${large}`]) {
    await expect(parseYamlAnswer(text, signal)).rejects.toMatchObject({ failure: 'too_large' });
  }
});

test('JSON is taken as JSON, whatever its size; what is neither is refused', async () => {
  const items = Array.from({ length: 50_000 }, (_, index) => ({ metadata: { name: `pod-${index}` } }));
  expect(await parseYamlAnswer(`\n${JSON.stringify({ items })}`, signal)).toEqual({ items });
  expect(await parseYamlAnswer('[a, b]', signal)).toEqual(['a', 'b']);
  await expect(parseYamlAnswer('- a\nkind: Pod', signal)).rejects.toThrow(ReadError);
  await expect(parseYamlAnswer('{a: [', signal)).rejects.toThrow(ReadError);
});
