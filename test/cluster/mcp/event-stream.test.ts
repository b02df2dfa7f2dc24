import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventStreamParser } from '../../../src/cluster/mcp/event-stream.ts';

function parse(chunks: readonly (string | Buffer)[], softLimit = 1000, limit = softLimit) {
  const events: [string, string][] = [];
  const oversize: [string, number][] = [];
  const parser = new EventStreamParser({
    softLimit,
    limit: () => limit,
    event: (name, data) => events.push([name, data]),
    oversize: (excerpt, bytes) => oversize.push([excerpt, bytes]),
  });
  for (const chunk of chunks) parser.push(Buffer.from(chunk as string));
  return { events, oversize };
}

test('CON-2: events as a server sends them', () => {
  const text =
    ': comment\nevent: message\nid: 7\nretry: 100\ndata: {"a":1}\n\ndata:two\ndata: lines\n\nevent: endpoint\r\ndata: /m\r\n\r\n';
  expect(parse([text]).events).toEqual([
    ['message', '{"a":1}'],
    ['message', 'two\nlines'],
    ['endpoint', '/m'],
  ]);
});

test('CON-2: an event without data, or without its end, is none', () => {
  expect(parse(['event: ping\n\n', 'data\n\n', 'data: cut']).events).toEqual([['message', '']]);
});

test('CON-2: wherever the stream is cut, the same events come out', () => {
  const whole = Buffer.from('event: message\ndata: {"ä":"€ 😀"}\r\n\r\n: x\n\ndata: b\n\ndata: c\ndata: d\n\n');
  const expected = parse([whole]).events;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 12 }), (cuts) => {
      const points = [0, ...cuts.sort((a, b) => a - b), whole.length];
      const chunks = points.slice(1).map((end, index) => whole.subarray(points[index], end));
      expect(parse(chunks).events).toEqual(expected);
    }),
  );
});

test('CON-6: an event over the limit is thrown away with its size, and the next one is taken', () => {
  const { events, oversize } = parse([`data: ${'x'.repeat(3000)}\n\n`, 'data: next\n\n']);
  expect(oversize).toEqual([[expect.stringMatching(/^data: x+$/), 3006]]);
  expect(events).toEqual([['message', 'next']]);
});

test('CON-6: an event of many small lines is over the limit as well', () => {
  const lines = Array.from({ length: 100 }, () => `data: ${'y'.repeat(50)}\n`);
  const { events, oversize } = parse([...lines, '\n', 'data: next\n\n']);
  expect(oversize).toHaveLength(1);
  expect(oversize[0]?.[0].startsWith('yyy')).toBe(true);
  expect(events).toEqual([['message', 'next']]);
});

test('CON-6: in small pieces and with CRLF an oversized event still ends where it ends', () => {
  const text = `data: ${'z'.repeat(2000)}\r\ndata: more\r\n\r\ndata: next\r\n\r\n`;
  for (const size of [1, 2, 3, 7, 64, 1999]) {
    const chunks: string[] = [];
    for (let at = 0; at < text.length; at += size) chunks.push(text.slice(at, at + size));
    const { events, oversize } = parse(chunks);
    expect(oversize).toHaveLength(1);
    expect(events).toEqual([['message', 'next']]);
  }
});

test('CON-6: comments that keep a stream open for days are not part of the next event', () => {
  const comments = Array.from({ length: 500 }, () => ': keep-alive\nretry: 100\n');
  const { events, oversize } = parse([...comments, 'data: next\n\n']);
  expect(oversize).toEqual([]);
  expect(events).toEqual([['message', 'next']]);
});

test('CON-6: what begins like an answer has the larger limit', () => {
  const { events, oversize } = parse([`data: ${'a'.repeat(3000)}\n\n`, `data: ${'b'.repeat(9000)}\n\n`], 1000, 5000);
  expect(events.map(([, data]) => data.length)).toEqual([3000]);
  expect(oversize).toHaveLength(1);
});
