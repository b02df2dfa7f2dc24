import { formatDuration } from '../lib/format.ts';
import { ProblemError, type Problem } from '../lib/problem.ts';
import { clientVersion, loginOf } from './ask-tsh.ts';
import { type Compatibility, compatibility } from './compatibility.ts';
import type { ProxyPing } from './proxy-ping.ts';
import type { Tsh } from './tsh.ts';
import type { TshLogin } from './tsh-output.ts';

/** Whether Teleport can be used from here. */
export interface Readiness {
  /** The version of tsh; null when it cannot be started. */
  readonly client: string | null;
  readonly proxy: ProxyPing | null;
  /** Null while one of the versions is not known. */
  readonly compatibility: Compatibility | null;
  /** Also one that has expired. */
  readonly login: TshLogin | null;
  /** Nothing is reached as long as one of them stands. */
  readonly problems: readonly Problem[];
  /** What will be a problem, or is near one. */
  readonly warnings: readonly string[];
}

/** A login that ends sooner is told of, ms. */
const soonMs = 60 * 60_000;

/** Looks at tsh, its login and the proxy, each on its own. Rejects only with the reason of the signal. */
export async function readiness(
  tsh: Tsh,
  ping: (signal: AbortSignal) => Promise<ProxyPing>,
  now: number,
  signal: AbortSignal,
): Promise<Readiness> {
  const problems: Problem[] = [];
  const [client, proxy] = await Promise.all([
    clientVersion(tsh, signal).then(({ version }) => version, noted(problems, signal)),
    ping(signal).catch(noted(problems, signal)),
  ]);
  const found = client === null ? { login: null, failure: null } : await loginOf(tsh, signal);
  signal.throwIfAborted();
  if (found.failure !== null) problems.push(tsh.errorOf(found.failure).toProblem());
  const fits = client === null || proxy === null ? null : fitOf(client, proxy);
  if (fits?.compatible === false) problems.push(tsh.errorOf({ kind: 'incompatible', message: fits.rule }).toProblem());
  const warnings = [
    ...(fits?.old === true ? [fits.rule] : []),
    ...(found.failure === null ? endOf(found.login, tsh, now) : []),
  ];
  return { client, proxy, compatibility: fits, login: found.login, problems, warnings };
}

function noted(problems: Problem[], signal: AbortSignal) {
  return (error: unknown): null => {
    signal.throwIfAborted();
    if (!(error instanceof ProblemError)) throw error;
    problems.push(error.toProblem());
    return null;
  };
}

function fitOf(client: string, { serverVersion, minClientVersion }: ProxyPing): Compatibility | null {
  return compatibility({ client, server: serverVersion, minClient: minClientVersion });
}

/** A login that somebody renews is renewed shortly before its end. */
function endOf(login: TshLogin | null, tsh: Tsh, now: number): string[] {
  const leftMs = (login?.validUntil ?? Number.POSITIVE_INFINITY) - now;
  if (leftMs >= soonMs) return [];
  const renewed = tsh.settings.identityFile === null ? '' : '; tbot renews it when it runs';
  return [`the login of tsh ends in ${formatDuration(Math.max(0, Math.ceil(leftMs / 60_000) * 60_000))}${renewed}`];
}
