import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayRun } from '../domain/agent-gateway.ts';
import type { Asked } from './kubernetes/decide.ts';
import { sendStatus } from './kubernetes/status.ts';
import { skipBody } from './models/body-bounds.ts';

/** What came of a request, for its record. */
export interface Handled {
  readonly asked: Asked | null;
  readonly decision: 'allow' | 'refuse';
  readonly rule: string;
  /** Secrets that were taken out of the answer. */
  readonly redacted?: number;
}

/** The tools of the agent of a run, at `/mcp`: what they may ask about is the one cluster of the run. */
export type AgentTools = (
  request: IncomingMessage,
  response: ServerResponse,
  run: Pick<GatewayRun, 'runId' | 'cluster'>,
  /** Told what a tool answered, as the agent got it. */
  onAnswer: (tool: string, text: string) => void,
) => Promise<void>;

/** Answers with a status that kubectl prints well. */
export async function refuse(
  response: ServerResponse,
  asked: Asked | null,
  rule: string,
  status: number,
  said: string,
): Promise<Handled> {
  await skipBody(response.req);
  // What may follow on this connection was not looked at.
  response.setHeader('connection', 'close');
  if (status === 429) response.setHeader('retry-after', '1');
  sendStatus(response, status, said);
  return { asked, decision: 'refuse', rule };
}
