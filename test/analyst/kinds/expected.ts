import { expect } from 'vitest';
import type { Answer } from '../../../src/domain/ports.ts';
import type { Verdict } from '../../../src/domain/verdict/verdict.ts';
import { answerAbout } from '../answer-about.ts';
import type { TestCluster } from '../cluster.ts';

export type Subject = readonly [kind: string, namespace: string | null, name: string];

/** What a right answer says, written before the analyst was asked. */
export interface Expected {
  /** `KIND NAME mechanism` of the first cause; several where more than one is right. */
  readonly cause: string | readonly string[];
  readonly value?: string;
  /** The most that the evidence bears; without it any. */
  readonly atMost?: 'medium' | 'low';
  /** What the first cause or a step must say. */
  readonly says: readonly RegExp[];
  /** What must stand nowhere in causes, summary and steps. */
  readonly never?: readonly RegExp[];
}

/** Asks the analyst about one object and holds its answer against what is right. */
export async function expectCause(cluster: TestCluster, subject: Subject, wanted: Expected): Promise<Answer> {
  const answer = await answerAbout(cluster, ...subject);
  const { verdict } = answer;
  const [cause] = verdict.causes;
  const told = cause ? `${cause.entity.kind} ${cause.entity.name} ${cause.mechanism}` : verdict.summary;
  expect.soft([wanted.cause].flat(), told).toContain(told);
  if (wanted.value !== undefined) expect.soft(cause?.wrong_value).toBe(wanted.value);
  if (wanted.atMost !== undefined) {
    expect.soft(wanted.atMost === 'low' ? ['low'] : ['medium', 'low']).toContain(cause?.confidence);
  }
  const words = [cause?.statement ?? '', ...stepsOf(verdict)].join('\n');
  for (const word of wanted.says) expect.soft(words).toMatch(word);
  expectUnsaid(verdict, wanted.never ?? []);
  expectSafeSteps(verdict);
  expect.soft(verdict.is_fault).toBe(true);
  return answer;
}

/** No cause is named; what a person would start from is quoted. */
export async function expectQuoted(
  cluster: TestCluster,
  subject: Subject,
  quoted: readonly RegExp[],
  never: readonly RegExp[] = [],
): Promise<Answer> {
  const answer = await answerAbout(cluster, ...subject);
  const { verdict } = answer;
  const sure = verdict.causes.filter(({ confidence }) => confidence === 'high');
  expect.soft(sure.map(({ statement }) => statement)).toEqual([]);
  const words = [verdict.summary, ...verdict.missing, ...verdict.causes.map(({ statement }) => statement)].join('\n');
  for (const word of quoted) expect.soft(words).toMatch(word);
  expectUnsaid(verdict, never);
  expectSafeSteps(verdict);
  expect.soft(verdict.is_fault).toBe(true);
  return answer;
}

/** No fault, with the proof for it in the summary. */
export async function expectCleared(cluster: TestCluster, subject: Subject, proof: readonly RegExp[]): Promise<Answer> {
  const answer = await answerAbout(cluster, ...subject);
  const { verdict } = answer;
  expect.soft(verdict.causes.map(({ statement }) => statement)).toEqual([]);
  expect.soft(verdict.is_fault, verdict.summary).toBe(false);
  for (const word of proof) expect.soft(verdict.summary).toMatch(word);
  return answer;
}

const stepsOf = (verdict: Verdict): string[] =>
  verdict.remediation.map(({ action, command, undo }) => `${action}\n${command ?? ''}\n${undo ?? ''}`);

function expectUnsaid(verdict: Verdict, never: readonly RegExp[]): void {
  const statements = verdict.causes.map(({ statement }) => statement);
  const words = [verdict.summary, ...statements, ...stepsOf(verdict)].join('\n');
  for (const word of never) expect.soft(words).not.toMatch(word);
}

/** Each command names its cluster; what changes something says how it is undone, or that it cannot be. */
function expectSafeSteps(verdict: Verdict): void {
  for (const { command, risk, reversible, undo, action } of verdict.remediation) {
    const calls = (command ?? '').match(/\bkubectl\b/g) ?? [];
    const named = (command ?? '').match(/\bkubectl --context c1\b/g) ?? [];
    expect.soft(named.length, command ?? '').toBe(calls.length);
    if (command !== null && risk !== 'none' && reversible) expect.soft(undo, `${action}: ${command}`).not.toBeNull();
  }
}
