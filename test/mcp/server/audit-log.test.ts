import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { verifyAudit } from '../../../src/gateway/audit.ts';
import { ToolAudit } from '../../../src/mcp/server/audit-log.ts';
import type { ToolRecord } from '../../../src/mcp/server/record.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { tempDir } from '../../support/temp-dir.ts';

const keepMs = (): number => 30 * 86_400_000;

const record = (tool: string): ToolRecord => ({
  v: 1,
  at: '2026-11-20T09:00:00.000Z',
  actor: { sub: 'ann', roles: ['reader'], ip: null },
  via: 'mcp',
  tool,
  args_redacted: { nested: { a: [1] } },
  args_sha256: '00',
  cluster: null,
  decision: 'allow',
  outcome: 'ok',
  error_code: null,
  duration_ms: 1,
  bytes: 2,
  redactions: 0,
});

describe('the record of calls', () => {
  test('MCP-16: a file a day, each a chain that goes on after a restart and shows what was changed', async () => {
    const folder = path.join(tempDir(), 'audit');
    const clock = new ManualClock(Date.UTC(2026, 10, 20, 23, 59, 59));
    const open = () => new ToolAudit({ folder, name: 'mcp', keepMs, clock, log: silentLogger });
    const first = open();
    first.add(record('a'));
    first.add(record('b'));
    await first.close();
    const second = open();
    second.add(record('c'));
    await second.close();
    await clock.advance(2000);
    const third = open();
    third.add(record('d'));
    await third.close();
    expect(readdirSync(folder).sort()).toEqual(['mcp-2026-11-20.jsonl', 'mcp-2026-11-21.jsonl']);
    const text = readFileSync(path.join(folder, 'mcp-2026-11-20.jsonl'), 'utf8');
    expect(verifyAudit(text)).toMatchObject({ ok: true, lines: 3 });
    expect(verifyAudit(text.replace('"tool":"b"', '"tool":"x"'))).toMatchObject({ ok: false, line: 2 });
  });

  test('a call that cannot be put on record is in the log, and the next one is on record again', async () => {
    const dir = tempDir({ audit: 'a file where a folder is wanted' });
    const lost: unknown[] = [];
    const log = { ...silentLogger, error: (fields: unknown) => void lost.push(fields) };
    const audit = new ToolAudit({
      folder: path.join(dir, 'audit'),
      name: 'mcp',
      keepMs,
      clock: new ManualClock(),
      log,
    });
    audit.add(record('a'));
    await waitUntil(() => lost.length === 1, 'the call in the log');
    expect(lost).toMatchObject([{ record: { tool: 'a' } }]);
    rmSync(path.join(dir, 'audit'));
    audit.add(record('b'));
    await audit.close();
    const [file = ''] = readdirSync(path.join(dir, 'audit'));
    expect(readFileSync(path.join(dir, 'audit', file), 'utf8')).toContain('"tool":"b"');
  });

  test('files of days that are long ago go, of other processes too; nothing else does', async () => {
    const old = { 'audit/mcp-2026-10-01.jsonl': '', 'audit/mcp-4711-2026-10-02.1.jsonl': '' };
    const folder = path.join(
      tempDir({ ...old, 'audit/mcp-2026-11-01.jsonl': '', 'audit/notes-2026-10-01.txt': '' }),
      'audit',
    );
    const audit = new ToolAudit({ folder, name: 'mcp', keepMs, clock: new ManualClock(), log: silentLogger });
    audit.add(record('a'));
    await audit.close();
    expect(readdirSync(folder).sort()).toEqual([
      'mcp-2026-11-01.jsonl',
      'mcp-2026-11-20.jsonl',
      'notes-2026-10-01.txt',
    ]);
  });

  test('a file that is as large as it gets is followed by another', async () => {
    const folder = path.join(tempDir({ 'audit/mcp-2026-11-20.jsonl': '' }), 'audit');
    writeFileSync(path.join(folder, 'mcp-2026-11-20.jsonl'), `${' '.repeat(33 * 1024 * 1024)}\n`);
    const audit = new ToolAudit({ folder, name: 'mcp', keepMs, clock: new ManualClock(), log: silentLogger });
    audit.add(record('a'));
    await audit.close();
    expect(readdirSync(folder).sort()).toEqual(['mcp-2026-11-20.1.jsonl', 'mcp-2026-11-20.jsonl']);
  });
});
