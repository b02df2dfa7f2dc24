import pLimit from 'p-limit';
import type { ToolResult } from '../../domain/ports.ts';
import { ReadError, type ReadFailure } from '../../kube/cluster-reader.ts';
import { untilAborted } from '../../lib/abort.ts';
import { outcomeOf, type Outcome } from '../mcp/outcome.ts';

/** Calls that may wait for their turn, one connection. */
const maxWaiting = 100;

/** The calls of tools of one connection: one list at a time (they are large), two others beside it; bounded. */
export class ToolLanes {
  readonly #lists = pLimit(1);
  readonly #others = pLimit(2);

  /** @throws ReadError */
  async run(cluster: string, tool: string, signal: AbortSignal, call: () => Promise<ToolResult>): Promise<ToolResult> {
    const lane = tool.endsWith('_list') ? this.#lists : this.#others;
    if (lane.pendingCount >= maxWaiting) {
      throw new ReadError('timeout', `too many calls wait for the MCP server of ${cluster}`);
    }
    const turn = async (): Promise<ToolResult> => {
      signal.throwIfAborted();
      try {
        return await call();
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        const outcome = outcomeOf(error);
        throw new ReadError(readFailure(outcome), `${tool}: ${outcome.detail}`, { cause: error });
      }
    };
    // Whoever gives up does not wait for a turn; the turn then begins nothing.
    return await untilAborted(lane(turn), signal);
  }
}

function readFailure(outcome: Outcome): ReadFailure {
  if (outcome.kind === 'http') return outcome.status === 401 || outcome.status === 403 ? 'unauthorized' : 'unreachable';
  if (outcome.kind === 'silent') return 'timeout';
  if (outcome.kind === 'too_large') return 'too_large';
  if (outcome.kind === 'garbage') return 'invalid';
  if (outcome.kind !== 'protocol_error') return 'unreachable';
  return /unknown tool|not found/i.test(outcome.detail) ? 'unsupported' : 'invalid';
}
