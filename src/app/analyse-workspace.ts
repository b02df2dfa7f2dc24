import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { answerFor } from '../analyst/answer.ts';
import { readEvidence } from '../analyst/model/evidence-files.ts';
import { parseAnalystRequest } from '../domain/wire/incident.ts';
import type { Answer, EvidenceFile } from '../domain/ports.ts';

/** The built-in analyst over a workspace on disk: `incident.json` and `evidence/`. @throws Error when they cannot be read */
export function analyseWorkspace(workspace: string): Answer {
  const request = parseAnalystRequest(readFileSync(path.join(workspace, 'incident.json'), 'utf8'));
  return answerFor(request, readEvidence(evidenceFiles(workspace, 'evidence')));
}

function evidenceFiles(workspace: string, folder: string): EvidenceFile[] {
  return readdirSync(path.join(workspace, folder)).flatMap((name) => {
    const relative = `${folder}/${name}`;
    const full = path.join(workspace, relative);
    if (statSync(full).isDirectory()) return evidenceFiles(workspace, relative);
    return [{ path: relative, text: readFileSync(full, 'utf8') }];
  });
}
