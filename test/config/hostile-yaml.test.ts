import { expect, test } from 'vitest';
import { minimal, loadText, refusal } from '../support/config-dir.ts';

const only = (text: string): string => {
  const { problems } = refusal(text);
  expect(problems).toHaveLength(1);
  return `${problems[0]?.code} ${problems[0]?.line}:${problems[0]?.column} ${problems[0]?.message}`;
};

test('CFG-2: a file that is empty, or holds only comments, says what is needed', () => {
  for (const text of ['', '\n\n', '# nothing\n', '---\n', 'null\n', '""\n']) {
    expect(only(text)).toBe('NC-CONFIG-004 1:1 the file is empty: at least "clusters" is needed');
  }
});

test('CFG-2: a file that is a list or a text is refused', () => {
  expect(refusal('- a\n').message).toContain('the file is a list: expected keys such as data_dir, clusters');
  expect(refusal('hello\n').message).toContain('the file is "hello": expected keys such as data_dir');
});

test('CFG-2: a YAML bomb is refused quickly and with little memory', () => {
  const levels = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const lines = levels.map((name, index) => {
    const item = index === 0 ? 'x' : `*${levels[index - 1]}`;
    return `${name}: &${name} [${Array(10).fill(item).join(', ')}]`;
  });
  const started = performance.now();
  expect(only(`${lines.join('\n')}\n`)).toContain('NC-CONFIG-005');
  expect(performance.now() - started).toBeLessThan(5000);
});

test('CFG-2: an alias inside its own anchor, and nesting without end, are refused', () => {
  expect(only('a: &a [*a]\n')).toContain('NC-CONFIG-005');
  expect(only('['.repeat(50_000))).toMatch(/NC-CONFIG-00[35]/);
  expect(only(`${'{a: '.repeat(200)}1${'}'.repeat(200)}`)).toMatch(/NC-CONFIG-00[35]/);
});

test('CFG-1: anchors and aliases are otherwise welcome', () => {
  const text = [
    'clusters:',
    '  - name: a',
    '    labels: &labels {team: x}',
    '    mcp: {endpoint: "http://h/mcp"}',
    '    triage: &off {enabled: false}',
    '  - {name: b, labels: *labels, mcp: {endpoint: "http://i/mcp"}, triage: *off}',
  ].join('\n');
  expect(loadText(text).config.clusters.map(({ labels }) => labels)).toEqual([{ team: 'x' }, { team: 'x' }]);
});

test('CFG-2: broken YAML gives its first error only, with its place', () => {
  expect(only('clusters:\n  - name: a\n   mcp: x\n')).toMatch(/^NC-CONFIG-003 3:\d+ /);
  expect(only('clusters:\n\t- name: a\n')).toContain('NC-CONFIG-003 2:1 a tab indents this line');
  expect(only('a: "x\nb: 1\n')).toContain('NC-CONFIG-003');
  expect(only('a: 1\na: 2\n')).toBe('NC-CONFIG-003 2:1 the key stands here a second time');
  expect(only('a: 1\n---\nb: 2\n')).toContain('more than one document');
});

test('CFG-2: keys that are no plain names are refused, __proto__ included', () => {
  expect(refusal(minimal('? [a, b]\n: 1')).message).toContain('a key must be a plain text');
  expect(refusal(minimal('__proto__: {port: 1}')).message).toContain('unknown key "__proto__" at the top level');
  expect(refusal(minimal('health: {__proto__: {port: 1}}')).message).toContain('unknown key "__proto__" in health');
});

test('CFG-2: bytes that are not UTF-8, and control characters, do no harm', () => {
  expect(refusal(minimal('bad\u001b[31m: 1')).message).not.toContain('\u001b');
  const { message } = refusal(minimal('log: {level: "\\e[31mred"}'));
  expect(message).not.toContain('\u001b');
});

test('CFG-1: a thousand clusters load in a moment', () => {
  const cluster = (index: number): string =>
    `  - {name: c${index}, labels: {n: "${index}"}, mcp: {endpoint: "http://h${index}/mcp", api_key: "\${KEY}"}, triage: {kubeconfig: k.yaml}}`;
  const text = `clusters:\n${Array.from({ length: 1000 }, (_, index) => cluster(index)).join('\n')}\n`;
  const started = performance.now();
  expect(loadText(text, { env: { KEY: 'abcd' } }).config.clusters).toHaveLength(1000);
  expect(performance.now() - started).toBeLessThan(10_000);
});
