import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openAuditLog } from '../../../src/gateway/audit.ts';
import { auditSample } from '../../support/audit-sample.ts';
import { cli } from '../../support/cli-run.ts';
import { minimal } from '../../support/config-dir.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** A record of five requests, written as a run writes it. */
async function recorded(): Promise<{ cwd: string; file: string; lines: string[] }> {
  const cwd = tempDir({ 'nightcrier.yaml': minimal() });
  const file = path.join(cwd, 'data/workspaces/inc_1/run_1/logs/gateway.jsonl');
  mkdirSync(path.dirname(file), { recursive: true });
  const log = await openAuditLog(file);
  for (let at = 0; at < 5; at += 1) log.add({ ...auditSample, ms: at, decision: at === 2 ? 'refuse' : 'allow' });
  await log.close();
  return { cwd, file, lines: readFileSync(file, 'utf8').trimEnd().split('\n') };
}

describe('GAT-8, OPS-4: audit verify', () => {
  test('says that the record of an incident is whole, and a file', async () => {
    const { cwd, file } = await recorded();
    for (const what of ['inc_1', file]) {
      const { code, out } = await cli(['audit', 'verify', what], { cwd });
      expect([code, out]).toEqual([0, `${file}: whole, 5 requests, 1 refused\n`]);
    }
  });

  type Change = (lines: string[]) => string[];
  test.each<[string, number, Change]>([
    ['changed', 3, (lines) => lines.with(2, lines[2]!.replace('"refuse"', '"allow"'))],
    ['taken out', 2, (lines) => lines.toSpliced(1, 1)],
    ['moved', 2, (lines) => [lines[0]!, lines[2]!, lines[1]!, lines[3]!, lines[4]!]],
    ['put in', 4, (lines) => lines.toSpliced(3, 0, lines[1]!)],
    ['cut off in the middle', 5, (lines) => lines.with(4, lines[4]!.slice(0, 40))],
    ['no JSON', 1, (lines) => lines.with(0, 'hello')],
    ['with one more key', 4, (lines) => lines.with(3, lines[3]!.replace('{', '{"more":1,'))],
    ['begun anew', 1, (lines) => lines.slice(1)],
  ])('names the first line that is broken: %s', async (_what, line, change) => {
    const { cwd, file, lines } = await recorded();
    writeFileSync(file, `${change(lines).join('\n')}\n`);
    const { code, out } = await cli(['audit', 'verify', 'inc_1'], { cwd });
    expect([code, out]).toEqual([1, expect.stringContaining(`BROKEN at line ${line}: it `) as string]);
    const json = await cli(['audit', 'verify', 'inc_1', '-o', 'json'], { cwd });
    expect(JSON.parse(json.out)).toMatchObject({ records: [{ file, ok: false, line }] });
  });

  test('a run that was taken up again goes on with its chain', async () => {
    const { cwd, file } = await recorded();
    const log = await openAuditLog(file);
    log.add({ ...auditSample });
    await log.close();
    expect((await cli(['audit', 'verify', 'inc_1'], { cwd })).out).toContain('whole, 6 requests');
  });

  test('without a record it says so, and what to do', async () => {
    const { cwd } = await recorded();
    for (const what of ['inc_2', '../../etc', 'no/such/file.jsonl']) {
      const { code, err } = await cli(['audit', 'verify', what], { cwd });
      expect([code, err]).toEqual([1, expect.stringContaining('NC-CLI-010') as string]);
    }
    expect((await cli(['audit', 'forge', 'inc_1'], { cwd })).code).toBe(2);
  });
});
