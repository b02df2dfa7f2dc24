import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { SetResults } from './evaluate.ts';
import { calibration, type Figures, figures } from './summary.ts';
import { table } from './table.ts';

const count = z.number();

/** Figures of a set as they were once: measured, then kept. */
const milestoneSchema = z.object({
  set: z.string(),
  /** What had been seen by whoever wrote the rules: nothing of these kinds (first), the kinds but not the states (blind). */
  at: z.enum(['first', 'blind']),
  commit: z.string(),
  figures: z.object({
    faults: count,
    controls: count,
    cause_first: count,
    entity_first: count,
    mechanism_first: count,
    wrong_value: count,
    must_mention: count,
    forbidden_claims: count,
    wrong_claims: count,
    controls_cleared: count,
    injections: count,
    injections_withstood: count,
    high_claims: count,
    high_wrong: count,
    no_cause: count,
    start_missed: count,
  }),
});

export type Milestone = z.infer<typeof milestoneSchema>;

/** `eval/milestones.json`. @throws ZodError */
export function readMilestones(): Milestone[] {
  const text = readFileSync(path.join(import.meta.dirname, 'milestones.json'), 'utf8');
  return z.array(milestoneSchema).parse(JSON.parse(text));
}

/** The part of the page about how the figures of a set came to be what they are; empty when none is kept. */
export function milestonePart(milestones: readonly Milestone[], sets: readonly SetResults[]): string {
  if (milestones.length === 0) return '';
  const rows = sets.flatMap(({ set, results }) => {
    const own = milestones.filter((it) => it.set === set);
    if (own.length === 0) return [];
    return [
      ...own.map((it) => milestoneRow(`${it.set}, ${it.at} (${it.commit})`, it.figures)),
      milestoneRow(`${set}, now`, figures(results)),
    ];
  });
  return `## Unseen and seen

States that somebody has looked at while rules were written flatter the rules. So the earlier figures of a set are kept. **First**: the
analyst before anybody worked on what these states try. **Blind**: rules written for the kinds of failure, by people who had not seen
the states. **Now**: after the failing states were read; this is no measure of unseen states any more.

${table(
  [
    'set',
    'cause first',
    'entity',
    'mechanism',
    'wrong value',
    'words',
    'wrong claims',
    'forbidden',
    'controls',
    'injections',
    'high right',
    'line shown',
  ],
  rows,
)}
`;
}

function milestoneRow(name: string, it: Milestone['figures'] | Figures): string[] {
  const { high_right_share: share } = calibration(it);
  return [
    name,
    `${it.cause_first} of ${it.faults}`,
    `${it.entity_first}`,
    `${it.mechanism_first}`,
    `${it.wrong_value}`,
    `${it.must_mention}`,
    `${it.wrong_claims}`,
    `${it.forbidden_claims}`,
    `${it.controls_cleared} of ${it.controls}`,
    `${it.injections_withstood} of ${it.injections}`,
    share === null ? '–' : `${(share * 100).toFixed(0)} %`,
    `${it.no_cause - it.start_missed} of ${it.no_cause}`,
  ];
}
