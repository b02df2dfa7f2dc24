import { z } from 'zod';
import { impactSchema } from './impact.ts';
import { entitySchema, evidenceRefSchema } from './verdict.ts';

/*
 * `findings.json` among the artifacts: what a report shows beside the verdict, in words, worked out when the evidence was
 * at hand. Times are ms since the epoch.
 */

const text = z.string();
const texts = z.array(text).readonly();

/** Lines of a log, or of another text, with the line that is quoted in its place. */
const excerptSchema = z.object({
  /** Number of the first line, from 1. */
  first: z.int(),
  lines: z.array(z.object({ text, marked: z.boolean() })).readonly(),
  /** How often the quote stands in the file. */
  times: z.int(),
  /** When the marked line was written, when it says so. */
  at: z.number().nullable(),
});
export type Excerpt = z.infer<typeof excerptSchema>;

/** A piece of evidence in words: which object, which field, which value. */
const evidenceLineSchema = evidenceRefSchema.extend({
  /** `Pod shop/cart-1`; null where the file tells of none. */
  object: text.nullable(),
  /** `status.containerStatuses[cart].state.waiting.reason`. */
  field: text.nullable(),
  value: text.nullable(),
  /** One sentence: `Pod shop/cart-1, container cart: exit code 1`. */
  words: text,
  excerpt: excerptSchema.nullable(),
});
export type EvidenceLine = z.infer<typeof evidenceLineSchema>;

/** Something that was changed before the first fault. */
const changeSchema = z.object({
  at: z.number(),
  kind: z.enum(['rollout', 'release', 'created', 'changed', 'event']),
  object: text,
  /** What happened, a sentence without its object: `revision 3 rolled out: image app:1 became app:2`. */
  words: text,
});
export type Change = z.infer<typeof changeSchema>;

/** One failing call: `from` does not get what it asks of `to`, through `via`. */
const stepSchema = z.object({ from: entitySchema, via: entitySchema, to: entitySchema });

export const findingsSchema = z.object({
  version: z.literal(1),
  /** When the evidence was read. */
  read_at: z.number().nullable(),
  /** The state of the object at that time. */
  health: text,
  /** What that means for those who use it; findings of older versions do not say. */
  impact: impactSchema.nullable().default(null),
  /** What the first cause rests on; without a cause, what stands there. */
  evidence: z.array(evidenceLineSchema).readonly(),
  /** What the other causes rest on. */
  more_evidence: z.array(evidenceLineSchema).readonly(),
  changes: z.array(changeSchema).readonly(),
  /** From what alerted to the cause. */
  chain: z.array(stepSchema).readonly(),
  ruled_out: texts,
  possible: texts,
  unexplained: texts,
  unrelated: texts,
  looked: texts,
  missing: texts,
  remarks: texts,
  flagged: z.array(z.object({ file: text, quote: text })).readonly(),
  claims: z.int(),
  claims_backed: z.int(),
  requests: z.int(),
  /** Runbooks that fit. */
  runbooks: z.array(z.object({ title: text, path: text })).readonly(),
});
export type Findings = z.infer<typeof findingsSchema>;

/** What the analyst knows of its answer beside the verdict; the rest of the findings comes from verdict and evidence. */
export type AnswerDetails = Pick<
  Findings,
  | 'health'
  | 'impact'
  | 'chain'
  | 'ruled_out'
  | 'possible'
  | 'unexplained'
  | 'unrelated'
  | 'looked'
  | 'missing'
  | 'remarks'
  | 'flagged'
  | 'claims'
  | 'claims_backed'
  | 'requests'
> & {
  /** What shows that it is no fault, or what stands there that no rule explains. */
  readonly proof: readonly z.infer<typeof evidenceRefSchema>[];
};

/** Of an answer of which nothing is known beside its verdict. */
export const noDetails: AnswerDetails = {
  health: '',
  impact: null,
  chain: [],
  proof: [],
  ruled_out: [],
  possible: [],
  unexplained: [],
  unrelated: [],
  looked: [],
  missing: [],
  remarks: [],
  flagged: [],
  claims: 0,
  claims_backed: 0,
  requests: 0,
};
