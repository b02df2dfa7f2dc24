import type { EvidenceRef } from '../../domain/verdict/verdict.ts';
import type { Conclusion } from '../rules/rule.ts';

/** How an object stands. `why` is a clause with its numbers. */
export interface Health {
  readonly state: 'well' | 'recovered' | 'by_design' | 'absent' | 'bad' | 'unknown';
  readonly why: string;
  /** What shows it, for the report. */
  readonly proof?: readonly EvidenceRef[];
  /** Conclusions that only restate what stands so by design. */
  readonly explains?: (conclusion: Conclusion) => boolean;
}

export const well = (why: string): Health => ({ state: 'well', why });
export const bad = (why: string): Health => ({ state: 'bad', why });

/** A state that looks like a fault and is none, with its proof. Nothing is by design without any. */
export function shown(
  state: 'by_design' | 'recovered',
  why: string,
  proof: readonly (EvidenceRef | null | undefined)[],
  explains: NonNullable<Health['explains']> = () => false,
): Health {
  const quotes = proof.filter((ref) => ref !== null && ref !== undefined);
  return quotes.length === 0 && state === 'by_design'
    ? { state: 'unknown', why }
    : { state, why, proof: quotes.slice(0, 8), explains };
}
