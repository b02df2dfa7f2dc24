import fs from 'node:fs';
import path from 'node:path';
import { kindsIn, type ProblemKind } from '../../src/lib/problem.ts';

/** A problem kind with the folder whose `errors.ts` has it. */
export interface FoundKind extends ProblemKind {
  readonly folder: string;
}

/** Every problem kind that a folder's `errors.ts` exports, sorted by code. */
export async function findProblemKinds(src: string): Promise<FoundKind[]> {
  const found: FoundKind[] = [];
  for (const folder of fs.readdirSync(src).toSorted()) {
    const file = path.join(src, folder, 'errors.ts');
    if (!fs.existsSync(file)) continue;
    const exported = (await import(file)) as Record<string, unknown>;
    // A folder may export a kind by itself and in a record of all.
    const kinds = new Set(Object.values(exported).flatMap(kindsIn));
    for (const kind of kinds) found.push({ ...kind, folder });
  }
  return found.toSorted((a, b) => a.code.localeCompare(b.code));
}
