import { describe, expect, test } from 'vitest';
import { evidenceLine, evidenceLines } from '../../../src/report/evidence/evidence-lines.ts';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'cart-1', namespace: 'shop' },
  spec: { containers: [{ name: 'cart', image: 'app:1' }] },
  status: {
    containerStatuses: [
      { name: 'sidecar', lastState: { terminated: { exitCode: 137 } } },
      { name: 'cart', lastState: { terminated: { exitCode: 1, reason: 'Error' } } },
    ],
  },
};
const path = 'evidence/objects/shop/Pod/cart-1.json';
const text = JSON.stringify(pod, null, 2);

describe('UX-21: a piece of evidence says which object, which field and which value', () => {
  test.each([
    ['"exitCode": 1', 'Pod shop/cart-1, container cart, last run: exit code 1', 'exitCode'],
    ['"reason": "Error"', 'Pod shop/cart-1, container cart, last run: reason Error', 'reason'],
    ['"image": "app:1"', 'Pod shop/cart-1, container cart: image app:1', 'image'],
    ['"exitCode": 137', 'Pod shop/cart-1, container sidecar, last run: exit code 137', 'exitCode'],
  ])('%s', (quote, words, field) => {
    const line = evidenceLine({ file: path, quote }, text);
    expect(line.words).toBe(words);
    expect(line.field).toMatch(new RegExp(`${field}$`));
    expect(line.object).toBe('Pod shop/cart-1');
  });

  test('a quote of a compact file, and of several lines, names the same', () => {
    const compact = evidenceLine({ file: path, quote: '{"exitCode":1,"reason":"Error"}' }, JSON.stringify(pod));
    expect(compact.words).toMatch(/^Pod shop\/cart-1, container cart, last run: exit code 1$/);
    const [first] = text.split('"reason"');
    const quote = `"exitCode": 1,${(first ?? '').split('"exitCode": 1,')[1] ?? ''}"reason": "Error"`;
    expect(evidenceLine({ file: path, quote }, text).words).toContain('exit code 1');
  });

  test('of a node that went silent, whose conditions all say the same, the one that it is not ready', () => {
    const silent = 'Kubelet stopped posting node status.';
    const types = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'];
    const conditions = types.map((type) => ({ message: silent, reason: 'NodeStatusUnknown', status: 'Unknown', type }));
    const node = { kind: 'Node', metadata: { name: 'n1' }, status: { conditions } };
    const file = 'evidence/objects/_cluster/Node/n1.json';
    const quote = `"message": "${silent}"`;
    const line = evidenceLine({ file, quote }, JSON.stringify(node, null, 2));
    expect(line.words).toBe(`Node n1, condition Ready: message ${silent}`);
    expect(line.field).toBe('status.conditions[Ready].message');
    // Of a node that reports, and of other kinds, the first.
    const reports = conditions.map((one) => ({ ...one, status: 'True' }));
    const quoted = { file, quote: '"status": "True"' };
    const pressed = { ...node, status: { conditions: reports } };
    expect(evidenceLine(quoted, JSON.stringify(pressed, null, 2)).words).toBe(
      'Node n1, condition MemoryPressure: True',
    );
    const other = { ...node, kind: 'HelmRelease' };
    expect(evidenceLine({ file, quote }, JSON.stringify(other, null, 2)).words).toContain('condition MemoryPressure');
  });

  test('an event tells of its object, how often and when, with the zone', () => {
    const event = {
      involvedObject: { kind: 'Pod', namespace: 'shop', name: 'cart-1' },
      reason: 'FailedMount',
      message: 'secret "db" not found',
      count: 5,
      lastTimestamp: '2026-11-28T15:11:31Z',
    };
    const line = evidenceLine(
      { file: 'evidence/events/shop.json', quote: 'secret \\"db\\" not found' },
      JSON.stringify([event]),
    );
    expect(line.words).toBe(
      'Event of Pod shop/cart-1: FailedMount: secret "db" not found (5 times, last 2026-11-28 15:11:31 UTC)',
    );
  });

  test('a fact that several quotes show stands once, also in several files; another field, line or text is another', () => {
    const event = {
      involvedObject: { kind: 'Pod', namespace: 'shop', name: 'cart-1' },
      reason: 'Failed',
      message: 'no',
    };
    const log = 'evidence/logs/shop/cart-1/cart.log';
    const refs = [
      { file: path, quote: '"exitCode": 1' },
      { file: path, quote: '"exitCode": 1,' },
      { file: path, quote: '"reason": "Error"' },
      { file: 'evidence/events/shop.json', quote: '"message":"no"' },
      { file: 'evidence/events/all.json', quote: '"message":"no"' },
      { file: log, quote: 'KeyError: X' },
      { file: log, quote: 'KeyError' },
      { file: log, quote: 'bye' },
      { file: 'evidence/logs/shop/gone/cart.log', quote: 'one' },
      { file: 'evidence/logs/shop/gone/cart.log', quote: 'two' },
    ];
    const texts = new Map([
      [path, text],
      ['evidence/events/shop.json', JSON.stringify([event])],
      ['evidence/events/all.json', JSON.stringify([event])],
      [log, 'KeyError: X\nbye\n'],
    ]);
    const files = new Map([...texts].map(([name, content]) => [name, { path: name, text: content }]));
    const lines = evidenceLines(refs, files);
    expect(lines.map(({ quote }) => quote)).toEqual([
      '"exitCode": 1',
      '"reason": "Error"',
      '"message":"no"',
      'KeyError: X',
      'bye',
      'one',
      'two',
    ]);
    expect(evidenceLines([{ file: path, quote: '"exitCode": 1,' }], files, lines)).toEqual([]);
  });

  test('a line of a log stands among its neighbours, with container, number and how often', () => {
    const log = ['a', 'b', 'KeyError: X', 'c', 'KeyError: X', 'd'].join('\n');
    const line = evidenceLine({ file: 'evidence/logs/shop/cart-1/cart.previous.log', quote: 'KeyError: X' }, log);
    expect(line.words).toBe('Pod shop/cart-1, log of container cart before its last restart, line 5, 2 times');
    expect(line.excerpt?.lines.map(({ text: shown, marked }) => (marked ? `>${shown}` : shown))).toEqual([
      'b',
      'KeyError: X',
      'c',
      '>KeyError: X',
      'd',
    ]);
  });

  test('what is absent, what is not there any more, and what is no JSON are said too', () => {
    const index = JSON.stringify({ absent: ['Secret shop/db'], missing: ['logs of cart: forbidden'] }, null, 2);
    const absent = evidenceLine({ file: 'evidence/index.json', quote: '"Secret shop/db"' }, index);
    expect(absent.words).toBe('Secret shop/db: was looked for, and does not exist');
    expect(evidenceLine({ file: path, quote: 'x' }, null).words).toBe('Pod shop/cart-1');
    expect(evidenceLine({ file: path, quote: 'x' }, 'not { json x').words).toBe('Pod shop/cart-1');
    expect(evidenceLine({ file: 'evidence/agent/001.txt', quote: 'x' }, 'a x b').excerpt?.lines).toHaveLength(1);
  });
});

test('UX-21: quotes of any form give words, bounded, without control characters', () => {
  const hostile = '\u001b[31m\u202e<script>"\\';
  const nasty = {
    kind: hostile,
    metadata: { name: hostile.repeat(500), namespace: hostile },
    [hostile]: [[{ a: hostile }]],
  };
  const content = JSON.stringify(nasty);
  for (let from = 0; from < 120; from += 1) {
    const line = evidenceLine({ file: path, quote: content.slice(from, from + 9) }, content);
    expect(line.words.length).toBeLessThan(1500);
    expect(line.words).not.toMatch(/[\u0000-\u001f\u202e]/);
  }
});

test('UX-21: the same quote is told once, and not more than twenty', () => {
  const refs = Array.from({ length: 60 }, (_, at) => ({ file: path, quote: `q${at % 30}` }));
  expect(evidenceLines(refs, new Map())).toHaveLength(20);
});
