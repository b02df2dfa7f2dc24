import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { analyseWorkspace } from '../../src/app/analyse-workspace.ts';
import { incidentJson } from '../../src/domain/wire/incident.ts';
import { sampleFault, sampleIncident } from '../support/incident-samples.ts';
import { tempDir } from '../support/temp-dir.ts';

function workspace(evidence: Readonly<Record<string, string>>): string {
  const dir = tempDir();
  writeFileSync(path.join(dir, 'incident.json'), JSON.stringify(incidentJson(sampleIncident(), [sampleFault()])));
  for (const [name, text] of Object.entries({ 'evidence/.keep': '', ...evidence })) {
    mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
    writeFileSync(path.join(dir, name), text);
  }
  return dir;
}

test('TRI-5: the same files give the same answer, however deep they lie', () => {
  const dir = workspace({ 'evidence/logs/payments/api-7c4-x1/api.log': 'starting\nFATAL: DB_URL is required\n' });
  const answer = analyseWorkspace(dir);
  expect(answer).toEqual(analyseWorkspace(dir));
  expect(answer.markdown).toContain('## ');
  expect(answer.verdict.version).toBe(1);
});

test('without evidence it says what it could not see', () => {
  expect(analyseWorkspace(workspace({})).verdict.causes).toEqual([]);
});

test('a folder that is no workspace is an error', () => {
  expect(() => analyseWorkspace(tempDir())).toThrow('incident.json');
});
