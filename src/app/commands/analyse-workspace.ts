import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { answerFor } from '../../analyst/answer.ts';
import { readEvidence } from '../../analyst/model/evidence-files.ts';
import { kubeconfigNames } from '../../config/files/kubeconfig.ts';
import { parseAnalystRequest } from '../../domain/wire/incident.ts';
import type { Answer, EvidenceFile } from '../../domain/ports.ts';

/** The built-in analyst over a workspace on disk: `incident.json` and `evidence/`. @throws Error when they cannot be read */
export function analyseWorkspace(workspace: string): Answer {
  const request = parseAnalystRequest(readFileSync(path.join(workspace, 'incident.json'), 'utf8'), reach(workspace));
  return answerFor(request, readEvidence(evidenceFiles(workspace, 'evidence')));
}

/** The context of the run's kubeconfig, which has the name that people know; without one, commands name no cluster. */
function reach(workspace: string): readonly string[] {
  const file = path.join(workspace, 'kubeconfig');
  const { currentContext } = existsSync(file) ? kubeconfigNames(readFileSync(file, 'utf8')) : { currentContext: null };
  return currentContext === null ? [] : ['--context', currentContext];
}

function evidenceFiles(workspace: string, folder: string): EvidenceFile[] {
  return readdirSync(path.join(workspace, folder)).flatMap((name) => {
    const relative = `${folder}/${name}`;
    const full = path.join(workspace, relative);
    if (statSync(full).isDirectory()) return evidenceFiles(workspace, relative);
    return [{ path: relative, text: readFileSync(full, 'utf8') }];
  });
}
