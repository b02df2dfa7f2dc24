import fc from 'fast-check';
import { expect, test } from 'vitest';
import { incidentTable, tableLooks } from '../../../src/cli/format/incident-table.ts';
import { displayWidth } from '../../../src/lib/display/width.ts';
import { answeredIncident, sampleTime } from '../../support/incident-samples.ts';

const looks = (columns: number) =>
  tableLooks({
    stdout: { write: () => true, isTTY: true, columns },
    env: { NO_COLOR: '1' },
    now: () => sampleTime,
    timeZone: 'UTC',
  });

const detail = (over: Parameters<typeof answeredIncident>[0] = {}) => ({
  incident: answeredIncident(over),
  faults: [],
  runs: [],
});

test('UX-20: from 40 columns on no line of a list is wider than the terminal, and each says the same', () => {
  const cluster = fc.stringMatching(/^[a-z日]{1,63}$/u);
  const opened = fc.integer({ min: 0, max: 400 * 86_400_000 });
  fc.assert(
    fc.property(fc.integer({ min: 40, max: 160 }), cluster, opened, (columns, name, ms) => {
      const items = [
        detail({ cluster: name, openedAt: sampleTime - ms, status: 'resolved' }),
        detail({ severity: 'warning' }),
      ];
      const { header, blocks } = incidentTable(items, looks(columns));
      const lines = [header, ...blocks.flat()];
      expect(lines.filter((line) => displayWidth(line) > columns)).toEqual([]);
      expect(blocks[0]?.join('\n')).toMatch(/critical[^]*resolved/);
      expect(blocks[1]?.join('\n')).toMatch(/warning[^]*reported/);
      expect(blocks[0]?.[0]).toContain('CrashLoop');
    }),
  );
});

test('UX-20: status goes first, then severity, each to the line of the cause', () => {
  const at = (columns: number) => {
    const { header, blocks } = incidentTable([detail()], looks(columns));
    return [header.split(/ +/), blocks[0]?.[1]?.slice(0, 26).trimEnd()];
  };
  expect(at(80)).toEqual([
    ['AGE', 'SEVERITY', 'STATUS', 'CLUSTER', 'INCIDENT'],
    expect.stringMatching(/^ {5}container/),
  ]);
  expect(at(52)).toEqual([['AGE', 'SEVERITY', 'CLUSTER', 'INCIDENT'], expect.stringMatching(/^ {5}reported · cont/)]);
  expect(at(40)).toEqual([['AGE', 'CLUSTER', 'INCIDENT'], '     critical · reported ·']);
});
