import type { Confidence } from './verdict.ts';

/** What a confidence means, in the same words wherever people read it. */
export const confidenceWords: Readonly<Record<Confidence, string>> = {
  high: 'The evidence shows it directly',
  medium: 'Likely: the evidence points to it, and does not rule everything else out',
  low: 'A lead, not sure: look at it first, and do not rely on it',
};

/** The same in a few words, behind the cause in a line. */
export const shortConfidence: Readonly<Record<Confidence, string>> = {
  high: 'evident',
  medium: 'likely',
  low: 'a lead, not sure',
};
