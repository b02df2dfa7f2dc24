import { z } from 'zod';

const entity = z.object({
  kind: z.string(),
  namespace: z
    .string()
    .nullish()
    .transform((it) => it ?? null),
  name: z.string(),
});

const rootCause = entity.extend({
  mechanism: z.string(),
  wrong_value: z
    .union([z.string(), z.number(), z.boolean()])
    .nullish()
    .transform((it) => (it === null || it === undefined ? null : String(it))),
});

const accepted = z.union([z.string(), entity.extend({ mechanism: z.string().optional() })]);
const words = z.union([z.string(), z.number()]).transform(String);

/** What of `scenario.yaml` the eval uses. Without `is_fault` the recording is answered and not scored. */
const truthSchema = z.object({
  id: z.string(),
  title: z.string().default(''),
  recorded_at: z.string().optional(),
  is_fault: z.boolean().optional(),
  focus: entity,
  trigger: z
    .object({
      faultType: z.string(),
      severity: z.enum(['info', 'warning', 'critical']).default('warning'),
      resource: z.object({
        apiVersion: z.string(),
        kind: z.string(),
        name: z.string(),
        namespace: z
          .string()
          .nullish()
          .transform((it) => it ?? null),
        uid: z
          .string()
          .nullish()
          .transform((it) => it ?? null),
      }),
      context: z.string().default(''),
    })
    .nullish(),
  root_cause: rootCause.nullish(),
  /** An entity (with the mechanism of the root cause or its own), or a mechanism. */
  also_accept: z
    .array(accepted)
    .nullish()
    .transform((it) => it ?? []),
  victims: z
    .array(entity)
    .nullish()
    .transform((it) => it ?? []),
  /** An entity, or a mechanism. */
  forbidden_claims: z
    .array(z.union([z.string(), entity]))
    .nullish()
    .transform((it) => it ?? []),
  must_mention: z
    .array(words)
    .nullish()
    .transform((it) => it ?? []),
  /** Lines of the evidence from which a person would start; an answer without a cause has to quote one of them. */
  start_from: z
    .array(words)
    .nullish()
    .transform((it) => it ?? []),
  /** In words, where the state shows its fault. */
  evidence: z
    .array(words)
    .nullish()
    .transform((it) => it ?? []),
  /** Addresses of the reports after which the state was built. */
  source: z
    .union([z.string(), z.array(z.string())])
    .nullish()
    .transform((it) => (typeof it === 'string' ? [it] : (it ?? []))),
  /** Numbers of `kindNames`. */
  kinds: z
    .array(z.number())
    .nullish()
    .transform((it) => it ?? []),
  difficulty: z.string().default('unknown'),
  category: z.string().default('unknown'),
  injection: z.boolean().default(false),
});

export type Truth = z.infer<typeof truthSchema>;

/** @throws Error that names the field */
export function readTruth(parsed: unknown): Truth {
  const result = truthSchema.safeParse(parsed);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`scenario.yaml: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as expected'}`);
}
