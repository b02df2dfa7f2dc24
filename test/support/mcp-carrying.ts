import { onTestFinished } from 'vitest';
import { createAgents } from '../../src/cluster/mcp/agents.ts';
import { AnswerBudget } from '../../src/cluster/mcp/answer.ts';
import type { McpEndpoint } from '../../src/cluster/mcp/http.ts';
import { type Carrying, parseMessage, type RpcMessage, type Taken } from '../../src/cluster/mcp/messages.ts';
import type { Outcome } from '../../src/cluster/mcp/outcome.ts';
import { systemClock } from '../../src/lib/clock.ts';

/** What a transport works with, and what became of everything that came over it. */
export interface Recorded {
  readonly carrying: Carrying;
  readonly delivered: RpcMessage[];
  readonly pushEnds: Outcome[];
  readonly ends: Outcome[];
  /** Texts that the inlet was given. */
  readonly texts: string[];
  readonly invalid: { reason: string; excerpt: string }[];
}

interface Changes extends Partial<Omit<McpEndpoint, 'url' | 'agents'>> {
  readonly clock?: Carrying['clock'];
  /** Instead of taking every message as it is. */
  readonly take?: (text: string) => Taken;
}

export function recordedTo(url: string, { clock = systemClock, take = asMessage, ...changes }: Changes = {}): Recorded {
  const agents = createAgents({});
  onTestFinished(() => agents.close());
  const record: Omit<Recorded, 'carrying'> = { delivered: [], pushEnds: [], ends: [], texts: [], invalid: [] };
  const carrying: Carrying = {
    endpoint: {
      url: new URL(url),
      headers: {},
      agents: agents.agentsFor({ endpoint: url, ca_file: undefined, insecure_skip_tls_verify: false }),
      limits: { maxMessage: 1000, maxResponse: 10_000 },
      budget: new AnswerBudget(10_000_000),
      ...changes,
    },
    inlet: {
      take: (text) => {
        record.texts.push(text);
        return take(text);
      },
      invalid: (reason, excerpt) => void record.invalid.push({ reason, excerpt }),
    },
    speaker: {
      deliver: (message) => void record.delivered.push(message),
      pushEnded: (outcome) => void record.pushEnds.push(outcome),
      ended: (outcome) => void record.ends.push(outcome),
    },
    clock,
  };
  return { carrying, ...record };
}

function asMessage(text: string): Taken {
  const message = parseMessage(text);
  return message === null ? { kind: 'invalid' } : { kind: 'message', message };
}
