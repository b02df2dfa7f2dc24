/** What an aborted signal says, always as an error. */
export function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}

/** For who waits without an end of their own: within a time limit, or as long as the other side lets them. */
export const { signal: neverAborted } = new AbortController();

/** Calls `listener` once when the signal is aborted, at once when it is already. What it gives lets go of the signal. */
export function onAbort(signal: AbortSignal, listener: (reason: Error) => void): () => void {
  if (signal.aborted) {
    listener(abortReason(signal));
    return () => {};
  }
  const heard = (): void => listener(abortReason(signal));
  signal.addEventListener('abort', heard, { once: true });
  return () => signal.removeEventListener('abort', heard);
}

/** Resolves when the signal is aborted. The wait cannot be given up: for signals that end with who waits. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    onAbort(signal, () => resolve());
  });
}

/**
 * The promise, or a rejection with the reason of the signal as soon as it is aborted. What the promise gives after that
 * is dropped; the signal is let go of when the promise settles.
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const letGo = onAbort(signal, reject);
    promise.then(resolve, reject).finally(letGo);
  });
}

export interface LinkedAbort {
  readonly signal: AbortSignal;
  /** Aborts the own signal alone. */
  abort(reason?: Error): void;
  /** Lets go of the signals that it follows; its own stays as it is. */
  letGo(): void;
}

/**
 * An abort of its own that follows other signals, with the reason of the first. Unlike `AbortSignal.any` it leaves nothing
 * at a signal that lives long, once `letGo` is called (in a `finally`).
 */
export function linked(...signals: readonly AbortSignal[]): LinkedAbort {
  const control = new AbortController();
  const abort = (reason?: Error): void => control.abort(reason);
  const follows = signals.map((signal) => onAbort(signal, abort));
  const letGo = (): void => {
    for (const unfollow of follows) unfollow();
  };
  return { signal: control.signal, abort, letGo };
}
