/**
 * Gives turns to pieces of work that hold the event loop for a while: one at a time, and what is asked from outside is
 * looked at between two of them. Who waits for its turn does its work as soon as the promise resolves.
 */
export function createLoopTurns(immediate: (call: () => void) => void = setImmediate): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => new Promise((resolve) => immediate(resolve)));
    return last;
  };
}
