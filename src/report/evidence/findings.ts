import { isDeepStrictEqual } from 'node:util';
import type { CheckedVerdict, EvidenceFile } from '../../domain/ports.ts';
import { type AnswerDetails, type Findings, noDetails } from '../../domain/verdict/findings.ts';
import type { Cause, Verdict } from '../../domain/verdict/verdict.ts';
import { changesBefore } from './changes.ts';
import { evidenceLines } from './evidence-lines.ts';
import { fieldOf, objectName, parsed, timeOf } from './objects.ts';

export interface FindingsInput {
  readonly verdict: Verdict;
  readonly details: AnswerDetails;
  /** All files of evidence, also those that an agent was served. */
  readonly files: readonly EvidenceFile[];
  /** When the first fault began, ms since the epoch. */
  readonly since: number;
}

/** What a report shows beside its verdict: evidence in words, lines of logs in their place, what changed before. */
export function findingsOf({ verdict, details, files, since }: FindingsInput): Findings {
  const { proof, ...known } = details;
  const byPath = new Map(files.map((file) => [file.path, file]));
  const [first, ...others] = verdict.causes.toSorted(byRank);
  const evidence = evidenceLines(first?.evidence ?? proof, byPath);
  const rest = [...others.flatMap((cause) => cause.evidence), ...(first === undefined ? [] : proof)];
  return {
    version: 1,
    read_at: readAt(files),
    ...known,
    evidence,
    more_evidence: evidenceLines(rest, byPath, evidence),
    changes: changesBefore(files, since),
    runbooks: [],
  };
}

/**
 * What a report shows beside the verdict of an agent. How far the evidence was read, and what changed, the rules have found
 * out; the way to a cause counts only when both name the same object, and what is ruled out only when both name the same
 * cause: else it may be what the agent blames. `files`: all that it cites.
 */
export function findingsOfAgent(
  { verdict, remarks, claims, claimsBacked }: CheckedVerdict,
  known: { readonly verdict: Verdict; readonly findings: Findings } | null,
  files: readonly EvidenceFile[],
): Findings {
  const cited = new Set(verdict.causes.flatMap(({ evidence }) => evidence.map(({ file }) => file)));
  const ours = known?.findings ?? findingsOf({ verdict, details: noDetails, files: [], since: 0 });
  const [theirs, our] = [firstCause(verdict), known === null ? null : firstCause(known.verdict)];
  const agree = isDeepStrictEqual(theirs?.entity, our?.entity);
  const way = agree ? {} : { chain: [], unexplained: [], unrelated: [] };
  const same = agree && theirs?.mechanism === our?.mechanism;
  const blamed = verdict.causes.map(({ entity: { kind, namespace, name } }) => `${objectName(kind, namespace, name)}:`);
  const isBlamed = (text: string): boolean => blamed.some((name) => text.startsWith(name));
  const proof = agree && verdict.causes.length === 0 ? ours.evidence : [];
  const details = {
    ...ours,
    ...way,
    ruled_out: same ? ours.ruled_out.filter((text) => !isBlamed(text)) : [],
    possible: same ? ours.possible : [],
    missing: verdict.missing,
    remarks,
    claims,
    claims_backed: claimsBacked,
    proof,
  };
  const own = findingsOf({ verdict, details, files: files.filter(({ path }) => cited.has(path)), since: 0 });
  return {
    ...own,
    evidence: proof.length > 0 ? ours.evidence : own.evidence,
    changes: ours.changes,
    read_at: ours.read_at,
  };
}

const firstCause = ({ causes }: Verdict): Cause | null => causes.toSorted(byRank)[0] ?? null;

const byRank = (a: Cause, b: Cause): number => a.rank - b.rank;

/** When evidence was read, ms since the epoch; null where its index does not say, or is not there. */
export function readAt(files: readonly EvidenceFile[]): number | null {
  const index = files.find(({ path }) => path === 'evidence/index.json')?.text;
  return index === undefined ? null : timeOf(fieldOf(parsed(index), 'read_at'));
}
