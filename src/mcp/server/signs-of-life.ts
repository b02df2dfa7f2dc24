import type { Clock, Timer } from '../../lib/clock.ts';
import type { ToolCall } from '../tool.ts';

/** Who waits for so long hears that the call goes on, ms. */
const quietMs = 2000;

/** The progress of a call, and a word of ours whenever it says nothing for two seconds; after its end there is neither. */
export function withSignsOfLife(
  name: string,
  progress: ToolCall['progress'],
  clock: Clock,
): { readonly progress: ToolCall['progress']; end(): void } {
  const started = clock.monotonic();
  let ended = false;
  let timer: Timer;
  const wait = (): void => {
    timer = clock.setTimer(() => {
      progress(`${name} goes on, ${Math.round((clock.monotonic() - started) / 1000)} s so far`);
      wait();
    }, quietMs);
  };
  wait();
  return {
    progress: (...said) => {
      // What a tool left behind still says.
      if (ended) return;
      timer.cancel();
      progress(...said);
      wait();
    },
    end: () => {
      ended = true;
      timer.cancel();
    },
  };
}
