/** Between two pieces while something is asked, ms: what is asked waits for some ms in each. */
const betweenMs = 250;
/** After a piece that failed: the disk is full, or another program holds the file. */
const afterFailureMs = 10_000;

export interface IdleWork {
  /** Something was asked: there may be work afterwards. */
  asked(): void;
  stop(): void;
}

/**
 * Does `work`, which says whether there is more of it, in pieces: one after the other while nothing is asked, else four a
 * second. One that fails is tried again.
 */
export function idleWork(
  work: () => boolean,
  timers: Pick<typeof globalThis, 'setTimeout' | 'clearTimeout'> = globalThis,
): IdleWork {
  let timer: NodeJS.Timeout | null = null;
  let busy = false;
  let stopped = false;
  const later = (ms: number): void => {
    if (!stopped) timer = timers.setTimeout(piece, ms);
  };
  const piece = (): void => {
    timer = null;
    try {
      if (work()) later(busy ? betweenMs : 0);
    } catch {
      later(afterFailureMs);
    }
    busy = false;
  };
  return {
    asked: () => {
      busy = true;
      if (timer === null) later(betweenMs);
    },
    stop: () => {
      stopped = true;
      if (timer !== null) timers.clearTimeout(timer);
    },
  };
}
