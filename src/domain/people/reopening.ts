import { calledOverBy, endingAct, type IncidentAct, withComment } from './incident-act.ts';

/** An incident that had ended was opened again. Times are ms since the epoch. */
export interface Reopening {
  readonly at: number;
  /** The fault that opened it. */
  readonly faultType: string;
  readonly resource: { readonly kind: string; readonly namespace: string | null; readonly name: string };
  /** That fault stood all the while: nobody saw it clear. */
  readonly goesOn: boolean;
  /** How it had ended: its `statusReason` then. */
  readonly endReason: string | null;
  readonly endedAt: number | null;
}

/** Of an incident that is opened again and again the latest are kept; `reopened` counts all. */
const maxReopenings = 20;

export function withReopening(kept: readonly Reopening[] | undefined, next: Reopening): readonly Reopening[] {
  return [...(kept ?? []), next].slice(-maxReopenings);
}

/**
 * Why an incident was opened again, a phrase: `CrashLoop on Pod shop/cart-1 goes on, and ana had called it over: known`.
 * Texts of clusters and people, not yet made safe for any output.
 */
export function reopenedWords(reopening: Reopening, acts: readonly IncidentAct[] | undefined): string {
  const over = calledOverWords(reopening, acts);
  return over === null ? seenWords(reopening) : `${seenWords(reopening)}, and ${over}`;
}

/** `CrashLoop on Pod shop/cart-1 goes on`: what nobody saw clear never was away. */
function seenWords({ faultType, resource, goesOn, endReason }: Reopening): string {
  const { kind, namespace, name } = resource;
  const object = `${kind} ${namespace === null || namespace === '' ? '' : `${namespace}/`}${name}`;
  const seen = calledOverBy(endReason) === null ? 'came back' : 'was seen';
  return `${faultType} on ${object} ${goesOn ? 'goes on' : seen}`;
}

/** `ana had called it over: known`; null where no person had. */
function calledOverWords({ endReason, endedAt }: Reopening, acts: readonly IncidentAct[] | undefined): string | null {
  const by = calledOverBy(endReason);
  return by === null ? null : `${by} had called it over${withComment(endingAct(acts, endedAt)?.comment ?? '')}`;
}

/** `ana had called inc_0 over`: of an incident that a person had called over there is another one; null where no person had. */
export function previousWords({
  previousId,
  previousEnd,
}: {
  readonly previousId: string | null;
  readonly previousEnd?: Pick<Reopening, 'endReason'>;
}): string | null {
  const by = calledOverBy(previousEnd?.endReason ?? null);
  return by === null || previousId === null ? null : `${by} had called ${previousId} over`;
}
