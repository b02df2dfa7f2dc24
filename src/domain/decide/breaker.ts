import type { AgentBreaker, AgentEnd, BreakerPolicy } from '../agent-limits.ts';
import type { DeliveryKind, Notice } from '../records.ts';

/*
 * The circuit breaker of an agent (TRI-7): one that failed several times in a row is not started for a while, then one
 * run alone tries it. Times are ms since the epoch.
 */

export interface BreakerNotice {
  readonly kind: Extract<DeliveryKind, 'agent_degraded' | 'agent_recovered'>;
  readonly notice: Notice;
}

export interface BreakerStep {
  readonly breaker: AgentBreaker;
  /** What people are told of it. */
  readonly notice: BreakerNotice | null;
}

/** The breaker of an agent of which nothing is known. */
export function closedBreaker(agent: string): AgentBreaker {
  return {
    agent,
    state: 'closed',
    failures: 0,
    fellBack: 0,
    openedAt: null,
    retryAt: null,
    probe: null,
    reason: '',
    told: null,
  };
}

/** A run asks whether it may start the agent; `probe`: it alone may, to try it. */
export function askBreaker(
  breaker: AgentBreaker,
  runId: string,
  policy: BreakerPolicy,
  at: number,
): { readonly breaker: AgentBreaker; readonly answer: 'run' | 'probe' | 'refuse' } {
  if (breaker.state === 'closed') return { breaker, answer: 'run' };
  if (breaker.state === 'half_open') return { breaker, answer: breaker.probe === runId ? 'probe' : 'refuse' };
  if (!isDue(breaker, policy, at)) return { breaker, answer: 'refuse' };
  return { breaker: { ...breaker, state: 'half_open', probe: runId }, answer: 'probe' };
}

/** Whether a question may be asked of an agent: of one that works. Whether it works again is tried by runs. */
export function askable({ state }: AgentBreaker): boolean {
  return state === 'closed';
}

/** A cool-down that ends later than it can was begun before the clock was set back. */
function isDue({ retryAt }: AgentBreaker, { coolDownMs }: BreakerPolicy, at: number): boolean {
  return retryAt === null || retryAt <= at || retryAt > at + coolDownMs;
}

/** What the end of a run means for the breaker of its agent. Only the run that tried it closes an open one. */
export function noteAgentEnd(breaker: AgentBreaker, runId: string, end: AgentEnd, at: number): BreakerStep {
  if (breaker.state === 'closed') return noteWhileClosed(breaker, end, at);
  const fell = end.end === 'failed' || end.end === 'refused';
  const counted = fell ? { ...breaker, fellBack: breaker.fellBack + 1 } : breaker;
  if (breaker.probe !== runId) return { breaker: counted, notice: null };
  if (end.end === 'worked') {
    return { breaker: closedBreaker(breaker.agent), notice: end.breaker.notify ? recovered(breaker, at) : null };
  }
  if (end.end !== 'failed') return { breaker: freeProbe(counted, runId, at), notice: null };
  const retryAt = at + end.breaker.coolDownMs;
  const failures = breaker.failures + 1;
  return {
    breaker: { ...counted, state: 'open', probe: null, failures, retryAt, reason: end.detail },
    notice: null,
  };
}

function noteWhileClosed(breaker: AgentBreaker, { end, detail, breaker: policy }: AgentEnd, at: number): BreakerStep {
  if (end === 'worked' && breaker.failures > 0) return { breaker: closedBreaker(breaker.agent), notice: null };
  if (end !== 'failed') return { breaker, notice: null };
  const failures = breaker.failures + 1;
  const failed: AgentBreaker = { ...breaker, failures, fellBack: breaker.fellBack + 1, reason: detail };
  if (failures < policy.failures) return { breaker: failed, notice: null };
  const opened: AgentBreaker = { ...failed, state: 'open', openedAt: at, retryAt: at + policy.coolDownMs };
  if (!policy.notify) return { breaker: opened, notice: null };
  const notice = degraded(opened, policy, at);
  return { breaker: { ...opened, told: notice.notice.key }, notice };
}

/** The run that tried the agent does not go on: the next one that asks tries it, at once. */
export function freeProbe(breaker: AgentBreaker, runId: string, at: number): AgentBreaker {
  if (breaker.probe !== runId) return breaker;
  return { ...breaker, state: 'open', probe: null, retryAt: at };
}

function degraded(breaker: AgentBreaker, policy: BreakerPolicy, at: number): BreakerNotice {
  const { agent, failures, reason } = breaker;
  return {
    kind: 'agent_degraded',
    notice: {
      key: `agent_degraded:${agent}:${at}`,
      clusters: [],
      since: at,
      until: null,
      incidents: 0,
      detail: reason,
      agent: { name: agent, runs: failures, retryAfterMs: policy.coolDownMs },
    },
  };
}

/** Only who was told that it failed is told that it works again. */
function recovered({ agent, openedAt, fellBack, told }: AgentBreaker, at: number): BreakerNotice | null {
  if (told === null) return null;
  return {
    kind: 'agent_recovered',
    notice: {
      key: `agent_recovered:${agent}:${openedAt ?? at}`,
      clusters: [],
      since: openedAt,
      until: at,
      incidents: 0,
      detail: '',
      agent: { name: agent, runs: fellBack, retryAfterMs: null },
      answers: { key: told, stillUnreachable: 0 },
    },
  };
}
