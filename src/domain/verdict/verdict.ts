import { z } from 'zod';
import { isMechanism, type Mechanism } from './mechanism.ts';

export const sections = [
  'Triage card',
  'Problem statement',
  'Findings',
  'Root causes',
  'Remediation plan',
  'Proof of work',
  'Evidence',
] as const;

export const confidences = ['high', 'medium', 'low'] as const;

const text = (max: number) => z.string().min(1).max(max);

export const entitySchema = z.strictObject({
  kind: text(253),
  namespace: z.string().max(253).nullable(),
  name: text(300),
});

export const evidenceRefSchema = z.strictObject({
  /** Path inside the workspace, `evidence/…`. */
  file: text(1000),
  /** Stands literally in the file. */
  quote: text(4000),
});

const causeSchema = z.strictObject({
  rank: z.int().min(1).max(100),
  entity: entitySchema,
  /** A word that is not of the list counts as `other`: the statement says what is meant. */
  mechanism: text(64).transform((word): Mechanism => (isMechanism(word) ? word : 'other')),
  wrong_value: z.string().max(2000).nullable(),
  statement: text(2000),
  confidence: z.enum(confidences),
  evidence: z.array(evidenceRefSchema).max(50),
});

/** `output/verdict.json`: the answer of an agent. */
export const verdictSchema = z.strictObject({
  version: z.literal(1),
  is_fault: z.boolean(),
  summary: text(2000),
  causes: z.array(causeSchema).max(50),
  victims: z.array(entitySchema).max(500),
  missing: z.array(z.string().max(1000)).max(200),
  remediation: z
    .array(
      z.strictObject({
        action: text(2000),
        command: z.string().max(2000).nullable(),
        risk: z.enum(['none', 'low', 'medium', 'high']),
        reversible: z.boolean(),
        /** How it is taken back: a command or a sentence; null where nothing is changed or no way is known. */
        undo: z.string().max(2000).nullable().default(null),
      }),
    )
    .max(50),
});

/** The form of `output/verdict.json` as a JSON Schema, as an agent has to write it. */
export function verdictJsonSchema(): object {
  return z.toJSONSchema(verdictSchema, { io: 'input' });
}

export type Verdict = z.infer<typeof verdictSchema>;
export type Cause = z.infer<typeof causeSchema>;
export type Entity = z.infer<typeof entitySchema>;
export type EvidenceRef = z.infer<typeof evidenceRefSchema>;
export type Confidence = Cause['confidence'];
