import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AuditEntry, openAuditLog, verifyAudit } from '../../src/gateway/audit.ts';
import { tempDir } from '../support/temp-dir.ts';

const entry = (change: Partial<AuditEntry> = {}): AuditEntry => ({
  at: '2026-01-01T10:00:00.000Z',
  method: 'GET',
  path: '/k8s/api/v1/pods',
  verb: 'list',
  resource: 'pods',
  namespace: null,
  name: null,
  decision: 'allow',
  rule: 'read.list',
  status: 200,
  bytes: 100,
  redacted: 0,
  ms: 3,
  ...change,
});

async function record(file: string, count: number): Promise<void> {
  const log = await openAuditLog(file);
  for (let at = 0; at < count; at += 1) log.add(entry({ bytes: at, decision: at % 3 === 0 ? 'refuse' : 'allow' }));
  await log.flush();
  await log.close();
}

test('GAT-8: the record of a run is a chain, which goes on when the run is taken up again', async () => {
  const file = path.join(tempDir(), 'gateway.jsonl');
  await record(file, 4);
  await record(file, 3);
  expect(verifyAudit(readFileSync(file, 'utf8'))).toEqual({ ok: true, lines: 7, refused: 3 });
});

test('GAT-8: a line that is changed, taken out, moved, added or cut off is found', async () => {
  const file = path.join(tempDir(), 'gateway.jsonl');
  await record(file, 6);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const broken = (changed: readonly string[]) => verifyAudit(`${changed.join('\n')}\n`);
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const changed = line.replace('"bytes":', '"bytes":9');
    expect(broken(lines.with(at, changed))).toMatchObject({ ok: false, line: at + 1 });
    expect(broken(lines.toSpliced(at, 0, line))).toMatchObject({ ok: false });
    expect(broken(lines.with(at, line.slice(0, -20)))).toMatchObject({ ok: false, line: at + 1 });
  }
  for (let at = 0; at < lines.length - 1; at += 1) {
    expect(broken(lines.toSpliced(at, 1))).toMatchObject({ ok: false, line: at + 1 });
  }
  expect(broken(lines.toReversed())).toMatchObject({ ok: false, line: 1 });
});

test('GAT-8: anything that is no record is found, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      const check = verifyAudit(text.replaceAll('\n', ' '));
      expect(check.ok).toBe(false);
    }),
  );
  expect(verifyAudit('')).toEqual({ ok: true, lines: 0, refused: 0 });
});

test('GAT-8: a link in place of the record is not followed', async () => {
  const dir = tempDir();
  writeFileSync(path.join(dir, 'elsewhere'), '');
  symlinkSync(path.join(dir, 'elsewhere'), path.join(dir, 'gateway.jsonl'));
  await expect(openAuditLog(path.join(dir, 'gateway.jsonl'))).rejects.toThrow('ELOOP');
});

test('GAT-8: a record that cannot be written any more is full, and says why', async () => {
  const log = await openAuditLog('/dev/full');
  log.add(entry());
  await expect(log.flush()).rejects.toThrow('ENOSPC');
  expect(log.full).toBe(true);
  await log.close();
});
