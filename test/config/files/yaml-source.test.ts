import { describe, expect, test } from 'vitest';
import { TooLargeError, YamlSource } from '../../../src/config/files/yaml-source.ts';
import { loadText, refusal } from '../../support/config-dir.ts';

/** The text that the place of a path covers: key and value. */
function written(text: string, path: readonly (string | number)[]): [key: string | null, value: string] | null {
  const source = new YamlSource('f.yaml', text);
  const place = source.locate(path);
  if (place === null) return null;
  const cut = ({ start, end }: { start: number; end: number }): string => text.slice(start, end);
  return [place.key === null ? null : cut(place.key), cut(place.value)];
}

describe('the place of a path', () => {
  const text = ['a: &a {one: 1, two: [x, y]}', 'b: *a', '"c d":', '  - e:', '  - 7: z', ''].join('\n');

  test('UX-5: keys and values in mappings and lists', () => {
    expect(written(text, ['a', 'one'])).toEqual(['one', '1']);
    expect(written(text, ['a', 'two', 1])).toEqual([null, 'y']);
    expect(written(text, ['c d', 1, '7'])).toEqual(['7', 'z']);
  });

  test('UX-5: a key without a value stands at its key', () => {
    expect(written(text, ['c d', 0, 'e'])?.[0]).toBe('e');
  });

  test('UX-5: an alias stands where it is written, what is in it stands at the anchor', () => {
    expect(written(text, ['b'])).toEqual(['b', '*a']);
    expect(written(text, ['b', 'two', 0])).toEqual([null, 'x']);
  });

  test('UX-5: what the file does not have has no place', () => {
    for (const path of [['z'], ['a', 'one', 'deeper'], ['a', 'two', 2], ['a', 'two', 'x'], ['a', 0]]) {
      expect(written(text, path)).toBeNull();
    }
  });
});

describe('an excerpt', () => {
  const excerpt = (text: string, from: string, hidden: string[] = []): string => {
    const span = (part: string) => ({ start: text.indexOf(part), end: text.indexOf(part) + part.length });
    return new YamlSource('f.yaml', text).excerpt(span(from), hidden.map(span));
  };

  test('UX-5: shows the line with a caret below, whatever ends the lines', () => {
    expect(excerpt('a: 1\r\nbb: 22\r\n', '22')).toBe('  2 | bb: 22\n    |     ^^');
    expect(excerpt(`${'a: 1 #\n'.repeat(11)}bb: 22`, 'bb')).toBe('  12 | bb: 22\n     | ^^');
  });

  test('UX-5: a span over several lines is marked to the end of its first one', () => {
    expect(excerpt('a: |\n  x\n  y\n', '|\n  x\n  y')).toBe('  1 | a: |\n    |    ^');
  });

  test('UX-7: what is hidden, and a login in an address, become asterisks of the same length', () => {
    expect(excerpt('k: secret, z: http://me:pw@h/', 'z', ['secret'])).toBe(
      '  1 | k: ******, z: http://*****@h/\n    |            ^',
    );
  });

  test('UX-5: of a long line the part around the caret is shown; controls and tabs do not move it', () => {
    const [line = '', caret = ''] = excerpt(`k: [${'x, '.repeat(100)}\u0007here, y]`, 'here').split('\n');
    expect(line.length).toBeLessThan(160);
    expect(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toBe('here');
    expect(line).not.toContain('\u0007');
  });
});

describe('merge keys', () => {
  const fleet = (merge: string): string =>
    [
      'clusters:',
      '  - name: a',
      '    labels: &base {team: x, zone: one}',
      '    mcp: &mcp {endpoint: "http://h/mcp", transport: sse}',
      '    triage: &off {enabled: false}',
      '  - name: b',
      `    labels: ${merge}`,
      '    mcp: {<<: *mcp, endpoint: "http://i/mcp"}',
      '    triage: *off',
    ].join('\n');
  const labels = (merge: string) => loadText(fleet(merge)).config.clusters[1]?.labels;

  test('CFG-1: << brings the keys of another mapping, and those that stand there win on either side of it', () => {
    expect(loadText(fleet('{}')).config.clusters[1]?.mcp).toMatchObject({
      endpoint: 'http://i/mcp',
      transport: 'sse',
    });
    expect(labels('{<<: *base, zone: two}')).toEqual({ team: 'x', zone: 'two' });
    expect(labels('{zone: two, <<: *base}')).toEqual({ team: 'x', zone: 'two' });
  });

  test('CFG-1: of several mappings the first one wins, and a mapping that was merged can be merged again', () => {
    expect(labels('{<<: [{zone: first}, *base, {rack: r}]}')).toEqual({ zone: 'first', team: 'x', rack: 'r' });
    expect(labels('{<<: {<<: *base, zone: inner}, rack: r}')).toEqual({ team: 'x', zone: 'inner', rack: 'r' });
  });

  test('CFG-1: a << in quotes is a key like any other', () => {
    expect(labels('{"<<": z}')).toEqual({ '<<': 'z' });
  });

  test('CFG-2: << with anything but mappings is refused with its place', () => {
    for (const wrong of ['{<<: 5}', '{<<: [*base, 5]}', '{<<: }']) {
      const { problems } = refusal(fleet(wrong));
      expect(problems.map(({ code, path, line }) => `${code} ${path} ${line}`)).toEqual([
        'NC-CONFIG-003 clusters[1].labels.<< 7',
      ]);
      expect(problems[0]?.column).toBe(14);
      expect(problems[0]?.message).toBe('"<<" takes an alias of a mapping, or a list of them');
    }
  });

  test('CFG-2: a problem in a merged value is shown where it is written', () => {
    const { problems } = refusal(fleet('{}').replace('transport: sse', 'transport: ssh'));
    expect(problems.map(({ path, line }) => `${path} ${line}`)).toEqual([
      'clusters[0].mcp.transport 4',
      'clusters[1].mcp.transport 4',
    ]);
  });

  test('CFG-2: merges that expand without end are refused quickly', () => {
    const keys = Array.from({ length: 300 }, (_, index) => `k${index}: 1`).join(', ');
    const many = `a: &a {${keys}}\nb: {<<: [${'*a, '.repeat(400)}]}\n`;
    expect(refusal(many).message).toContain('NC-CONFIG-005');
    const source = new YamlSource('f.yaml', many);
    expect(() => source.locate(['b', 'k1'])).toThrow(TooLargeError);
    const levels = Array.from({ length: 30 }, (_, at) => `m${at + 1}: &m${at + 1} {<<: [${`*m${at}, `.repeat(9)}]}`);
    const started = performance.now();
    expect(refusal(`m0: &m0 {k: 1}\n${levels.join('\n')}\n`).message).toContain('unknown key "m0"');
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test('CFG-2: a mapping that merges itself ends', () => {
    expect(refusal('clusters: &c {<<: *c, name: a}\n').message).toContain('clusters is a mapping: expected a list');
  });
});
