import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { cliDeps } from '../../../src/app/commands/cli-deps.ts';
import { incidentJson } from '../../../src/domain/wire/incident.ts';
import { sections, verdictSchema } from '../../../src/domain/verdict/verdict.ts';
import { cli } from '../../support/cli-run.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { sampleFault, sampleIncident } from '../../support/incident-samples.ts';

/** A workspace of a run with nothing but one log in its evidence. */
function workspace(): string {
  return tempDir({
    'ws/incident.json': JSON.stringify(incidentJson(sampleIncident(), [sampleFault()])),
    'ws/evidence/logs/payments/api-7c4-x1/api.log': 'starting\nFATAL: DB_URL is required\n',
  });
}

test('TRI-3 TRI-5: analyse writes what any agent writes, private, and says the answer in one line', async () => {
  const cwd = workspace();
  const { code, out } = await cli(['analyse', 'ws'], { cwd, deps: { analyse: cliDeps.analyse } });
  expect(code).toBe(0);
  expect(out.trimEnd().split('\n')).toHaveLength(1);
  const verdict: unknown = JSON.parse(fs.readFileSync(path.join(cwd, 'ws/output/verdict.json'), 'utf8'));
  expect(verdictSchema.safeParse(verdict).error).toBeUndefined();
  const report = fs.readFileSync(path.join(cwd, 'ws/output/investigation.md'), 'utf8');
  expect(report.length).toBeGreaterThan(100);
  for (const section of sections) expect(report).toContain(section);
  expect(fs.statSync(path.join(cwd, 'ws/output')).mode & 0o777).toBe(0o700);
  expect(fs.statSync(path.join(cwd, 'ws/output/verdict.json')).mode & 0o777).toBe(0o600);
  const json = await cli(['analyse', 'ws', '-o', 'json'], { cwd, deps: { analyse: cliDeps.analyse } });
  expect(JSON.parse(json.out)).toEqual(verdict);
});

test('TRI-3: a folder that is no workspace is one sentence, exit 1', async () => {
  const { code, out, err } = await cli(['analyse', 'gone'], { cwd: tempDir(), deps: { analyse: cliDeps.analyse } });
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^error: [^\n]+\n$/);
});
