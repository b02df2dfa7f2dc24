/** The largest process id that any system gives out: `pid_t` has 32 bits. */
const largestId = 2 ** 31 - 1;

/**
 * A process id that is safe to signal. To `kill` zero is the caller's own group and minus one everybody, and
 * `Number('')` is zero: so only a positive integer above 1 is one, or its plain decimal text.
 * @throws RangeError for anything else
 */
export function processId(value: unknown): number {
  const id = typeof value === 'string' && /^[1-9]\d*$/.test(value) ? Number(value) : value;
  if (typeof id === 'number' && Number.isSafeInteger(id) && id > 1 && id <= largestId) return id;
  throw new RangeError(`not a process id: ${JSON.stringify(value) ?? String(value)}`);
}

/**
 * Sends a signal to one process (0 only asks whether it is there); false when it has gone or is somebody else's.
 * @throws RangeError when `pid` is no process id
 */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  return send(processId(pid), signal);
}

/** The same to every process of the group that `pid` leads. @throws RangeError when `pid` is no process id */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  return send(-processId(pid), signal);
}

function send(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target, signal);
  } catch {
    return false;
  }
}
