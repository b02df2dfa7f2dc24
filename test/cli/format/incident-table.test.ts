import fc from 'fast-check';
import { expect, test } from 'vitest';
import { incidentTable, tableLooks } from '../../../src/cli/format/incident-table.ts';
import { displayWidth } from '../../../src/lib/display/width.ts';
import { answeredIncident, sampleTime } from '../../support/incident-samples.ts';

const io = (columns: number) => ({
  stdout: { write: () => true, isTTY: true, columns },
  env: { NO_COLOR: '1' },
  now: () => sampleTime,
  timeZone: 'UTC',
});
const looks = (columns: number) => tableLooks(io(columns));

const detail = (over: Parameters<typeof answeredIncident>[0] = {}) => ({
  incident: answeredIncident(over),
  faults: [],
  runs: [],
});

const lines = ({ header, blocks }: ReturnType<typeof incidentTable>): string[] => [header, ...blocks.flat()];

test('UX-20: from 40 columns on a list says the same whatever the width, and only a word is wider than the terminal', () => {
  const cluster = fc.stringMatching(/^[a-z日]{1,63}$/u);
  const opened = fc.integer({ min: 0, max: 400 * 86_400_000 });
  fc.assert(
    fc.property(fc.integer({ min: 40, max: 160 }), cluster, opened, (columns, name, ms) => {
      const items = [
        detail({ cluster: name, openedAt: sampleTime - ms, status: 'resolved' }),
        detail({ severity: 'warning', cause: `it is the ${'long '.repeat(100)}cause` }),
      ];
      const words = (width: number) =>
        lines(incidentTable(items, looks(width)))
          .slice(1)
          .join(' ')
          .split(/[ ·]+/)
          .toSorted();
      expect(words(columns)).toEqual(words(100_000));
      const tooWide = lines(incidentTable(items, looks(columns))).filter((line) => displayWidth(line) > columns);
      expect(tooWide.filter((line) => line.trim().includes(' '))).toEqual([]);
    }),
  );
});

test('UX-20: status goes first, then severity, then the cluster, each to the line of the cause', () => {
  const at = (columns: number, cluster = 'prod-eu') => {
    const { header, blocks } = incidentTable([detail({ cluster })], looks(columns));
    return [header.split(/ +/), blocks[0]?.find((line) => /^ {5}\S.* · /.test(line))?.trim()];
  };
  expect(at(80)[0]).toEqual(['AGE', 'SEVERITY', 'STATUS', 'CLUSTER', 'INCIDENT']);
  expect(at(52)).toEqual([['AGE', 'SEVERITY', 'CLUSTER', 'INCIDENT'], expect.stringMatching(/^reported · cont/)]);
  expect(at(40)).toEqual([['AGE', 'CLUSTER', 'INCIDENT'], expect.stringMatching(/^critical · reported · /)]);
  const long = 'c'.repeat(30);
  expect(at(40, long)).toEqual([['AGE', 'INCIDENT'], expect.stringMatching(/^critical · reported ·/)]);
});

test('UX-20: for a screen each fact is one line, cut at its end', () => {
  const item = detail({ cause: 'long '.repeat(100), title: 'word '.repeat(40) });
  const { blocks } = incidentTable([item], tableLooks(io(60), 60));
  expect(blocks[0]).toHaveLength(3);
  for (const line of blocks[0] ?? []) expect(displayWidth(line)).toBeLessThanOrEqual(60);
});
