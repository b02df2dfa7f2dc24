import type { Result } from '../../../eval/evaluate.ts';
import type { Entity } from '../../../src/domain/verdict/verdict.ts';

/** What of a verdict must not change with what does not matter. */
export interface FirstCause {
  readonly isFault: boolean;
  readonly entity: Entity | null;
  readonly mechanism: string | null;
  readonly wrongValue: string | null;
  readonly confidence: string | null;
}

export function firstCause({ answer: { verdict } }: Result): FirstCause {
  const [first] = verdict.causes;
  return {
    isFault: verdict.is_fault,
    entity: first?.entity ?? null,
    mechanism: first?.mechanism ?? null,
    wrongValue: first?.wrong_value ?? null,
    confidence: first?.confidence ?? null,
  };
}
