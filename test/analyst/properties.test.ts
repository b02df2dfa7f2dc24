import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { recordingsDir } from '../../eval/sets.ts';
import { evaluate, type Result } from '../../eval/evaluate.ts';
import { loadRecordings } from '../../eval/recording.ts';
import { answerFor } from '../../src/analyst/answer.ts';
import type { Evidence, EvidenceFile } from '../../src/domain/ports.ts';
import { verdictSchema } from '../../src/domain/verdict/verdict.ts';

/** Recordings of different families; each is read once. */
const chosen = ['001', '028', '055', '064', '085', '100', '109', '121', 'c12'];
let results: Result[] = [];

beforeAll(async () => {
  const recordings = loadRecordings(recordingsDir).filter(({ truth }) => chosen.some((id) => truth.id.startsWith(id)));
  for (const recording of recordings) results.push(await evaluate(recording));
}, 60_000);

const withFiles = (evidence: Evidence, files: readonly EvidenceFile[]): Evidence => ({ ...evidence, files });

/** Every quote of every cause stands literally in a file that is still there. */
function expectBacked(result: Result, files: readonly EvidenceFile[]): void {
  const { verdict, markdown } = answerFor(result.request, withFiles(result.evidence, files));
  expect(verdictSchema.safeParse(verdict).error).toBeUndefined();
  expect(markdown).toContain('## Triage card');
  for (const cause of verdict.causes) {
    expect(cause.confidence === 'low' || cause.evidence.length > 0).toBe(true);
    for (const ref of cause.evidence) {
      expect(files.find((file) => file.path === ref.file)?.text ?? '').toContain(ref.quote);
    }
  }
}

describe('QUA-1: the analyst holds whatever the evidence lacks', () => {
  test('any one file removed: it never throws, and every claim is still backed', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (which, at) => {
        const result = results[which % results.length]!;
        const { files } = result.evidence;
        expectBacked(result, files.toSpliced(at % files.length, 1));
      }),
      { numRuns: 150 },
    );
  });

  test('half of the files removed', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), (which, keep) => {
        const result = results[which % results.length]!;
        expectBacked(
          result,
          result.evidence.files.filter((_, at) => keep[at % keep.length]),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('files cut off in the middle, or no JSON at all', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (which, at, share) => {
        const result = results[which % results.length]!;
        const { files } = result.evidence;
        const broken = files.map((file, index) =>
          index === at % files.length
            ? { ...file, text: file.text.slice(0, Math.floor(file.text.length * share)) }
            : file,
        );
        expectBacked(result, broken);
      }),
      { numRuns: 60 },
    );
  });

  test('objects whose fields have other types than they should', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.anything({ maxDepth: 2 }), (which, at, value) => {
        const result = results[which % results.length]!;
        const { files } = result.evidence;
        const strange = files.map((file, index) =>
          index % 7 === at % 7 && file.path.startsWith('evidence/objects/')
            ? { ...file, text: distort(file.text, value) }
            : file,
        );
        expectBacked(result, strange);
      }),
      { numRuns: 80 },
    );
  });

  test('the cause goes when its evidence is gone', () => {
    for (const result of results) {
      const [cause] = result.answer.verdict.causes;
      if (!cause) continue;
      const cited = new Set(cause.evidence.map((ref) => ref.file));
      const files = result.evidence.files.filter((file) => !cited.has(file.path));
      const { verdict } = answerFor(result.request, withFiles(result.evidence, files));
      const same = verdict.causes.find(
        (it) => it.mechanism === cause.mechanism && it.entity.name === cause.entity.name && it.confidence === 'high',
      );
      expect(same?.evidence.some((ref) => cited.has(ref.file)) ?? false).toBe(false);
    }
  });
});

test('QUA-1: the order of the files does not matter', () => {
  for (const result of results) {
    const shuffled = result.evidence.files.toSorted((a, b) => hash(a.path) - hash(b.path));
    const { verdict } = answerFor(result.request, withFiles(result.evidence, shuffled));
    expect(verdict).toEqual(result.answer.verdict);
  }
});

/** Puts a value of any type in place of spec or status. */
function distort(text: string, value: unknown): string {
  const object = JSON.parse(text) as Record<string, unknown>;
  const part = text.length % 2 === 0 ? 'spec' : 'status';
  return JSON.stringify(
    {
      ...object,
      [part]: text.length % 3 === 0 ? [value] : { containers: value, conditions: [value], template: { spec: value } },
    },
    (_key, it: unknown) => (typeof it === 'bigint' ? String(it) : it),
  );
}

function hash(text: string): number {
  let sum = 7;
  for (const char of text) sum = (sum * 31 + char.charCodeAt(0)) % 1_000_003;
  return sum;
}
