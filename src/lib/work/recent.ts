import type { Clock } from '../clock.ts';

/**
 * The answer of `ask`, asked again when the last one is `keepMs` old: many who want it at once cost one. One that failed is
 * not kept.
 */
export function recent<T>(ask: () => Promise<T>, keepMs: number, clock: Pick<Clock, 'now'>): () => Promise<T> {
  let kept: { readonly at: number; readonly answer: Promise<T> } | null = null;
  return () => {
    const age = kept === null ? Infinity : clock.now() - kept.at;
    if (kept !== null && age >= 0 && age < keepMs) return kept.answer;
    const asked = { at: clock.now(), answer: ask() };
    kept = asked;
    asked.answer.catch(() => {
      if (kept === asked) kept = null;
    });
    return asked.answer;
  };
}
