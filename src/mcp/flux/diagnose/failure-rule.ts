import { type FluxObject, textOf } from '../objects/flux-object.ts';
import type { Category, Mechanism } from './mechanisms.ts';

/** What a rule can speak of. */
export interface Fact {
  readonly object: FluxObject;
  /** Groups of the rule's pattern. */
  readonly found: readonly (string | undefined)[];
}

/** How a failure is recognised by what its condition Ready says, and what there is to say of it. */
export interface FailureRule {
  readonly mechanism: Mechanism;
  readonly category: Category;
  /** Of `REASON: MESSAGE`. */
  readonly fits: RegExp;
  /** What is wrong, after the name of the object. */
  readonly says: (fact: Fact) => string;
  /** Where the wrong value stands, and the value. */
  readonly field?: string;
  readonly value?: (fact: Fact) => string | undefined;
  readonly advice: string;
}

/** What the first group of the pattern has found. */
export function firstGroup({ found }: Fact): string | undefined {
  return textOf(found[1]);
}

/** The first rule that fits what an object says of its failure; null when none does. */
export function ruleFor(
  said: string,
  rules: readonly FailureRule[],
): { readonly rule: FailureRule; readonly found: readonly (string | undefined)[] } | null {
  for (const rule of rules) {
    const found = rule.fits.exec(said);
    if (found !== null) return { rule, found };
  }
  return null;
}
