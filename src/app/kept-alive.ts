const longMs = 60_000;

/** Does the work with the process kept alive: timers of the clock alone let it end. */
export async function keptAlive<T>(work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, longMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
