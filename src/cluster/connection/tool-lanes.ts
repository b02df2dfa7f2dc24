import type { ToolResult } from '../../domain/ports.ts';
import { ReadError, type ReadFailure } from '../../kube/cluster-reader.ts';
import { abortReason, onAbort } from '../../lib/abort.ts';
import { outcomeOf, type Outcome } from '../mcp/outcome.ts';

/** Calls that may wait for their turn, one connection. */
const maxWaiting = 100;

/** The calls of tools of one connection: one list at a time (they are large), two others beside it; bounded. */
export class ToolLanes {
  readonly #lists = new Lane(1);
  readonly #others = new Lane(2);

  /** @throws ReadError, or the reason of the signal */
  async run(cluster: string, tool: string, signal: AbortSignal, call: () => Promise<ToolResult>): Promise<ToolResult> {
    const lane = tool.endsWith('_list') ? this.#lists : this.#others;
    if (lane.waiting >= maxWaiting) {
      throw new ReadError('timeout', `too many calls wait for the MCP server of ${cluster}`);
    }
    await lane.enter(signal);
    try {
      signal.throwIfAborted();
      return await call();
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      const outcome = outcomeOf(error);
      throw new ReadError(readFailure(outcome), `${tool}: ${outcome.detail}`, { cause: error });
    } finally {
      lane.leave();
    }
  }
}

/** Places for calls; whoever gives up does not wait for one. Nothing is held while nobody waits. */
class Lane {
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  enter(signal: AbortSignal): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        letGo();
        resolve();
      };
      this.#queue.push(turn);
      const letGo = onAbort(signal, (reason) => {
        this.#queue.splice(this.#queue.indexOf(turn), 1);
        reject(reason);
      });
    });
  }

  leave(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#free += 1;
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
