import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Problem, problem, ProblemError } from '../../lib/problem.ts';
import { credentialProblems } from '../errors.ts';
import { type KubeContext, readContext, readNamed } from './kubeconfig.ts';

/** A credential that nothing renews is told of so long before its end, ms. */
const endingMs = 7 * 86_400_000;

interface Lifetime {
  readonly what: 'token' | 'client certificate';
  /** ms since the epoch; null: not said. */
  readonly from: number | null;
  readonly until: number | null;
  /** Somebody puts a new one into its file. */
  readonly renewed: boolean;
}

/**
 * What is wrong with how long the credential of a kubeconfig lasts, by what stands in it: nothing is asked. Null when
 * nothing is, when it does not say, and when a command gives it. `now` in ms since the epoch. A kubeconfig that cannot be
 * used is the answer as well (NC-KUBE-001, NC-KUBE-002).
 */
export async function credentialEnd(file: string, context: string | null, now: number): Promise<Problem | null> {
  try {
    return endOf(file, await lifetimeOf(await readContext([file], context)), now);
  } catch (error) {
    if (error instanceof ProblemError) return error.toProblem();
    throw error;
  }
}

function endOf(file: string, lifetime: Lifetime | null, now: number): Problem | null {
  if (lifetime === null) return null;
  const { what, from, until, renewed } = lifetime;
  const fields = { file };
  const day = (ms: number): string => new Date(ms).toISOString();
  if (until !== null && until <= now) {
    return problem(credentialProblems.expired, `the ${what} of ${file} was good until ${day(until)}`, fields);
  }
  if (from !== null && from > now) {
    return problem(credentialProblems.expired, `the ${what} of ${file} is good only from ${day(from)} on`, fields);
  }
  if (renewed || until === null || until - now > endingMs) return null;
  return problem(credentialProblems.ending, `the ${what} of ${file} is good until ${day(until)}`, fields);
}

async function lifetimeOf({ user, file }: KubeContext): Promise<Lifetime | null> {
  const tokenFile = user.tokenFile || null;
  const token =
    tokenFile === null ? user.token || null : (await readFile(tokenFile, 'utf8').catch(() => '')).trim() || null;
  if (token !== null) return tokenLifetime(token, tokenFile !== null);
  const data = user['client-certificate-data'];
  const name = user['client-certificate'];
  if (data) return certificateLifetime(Buffer.from(data, 'base64'), false);
  if (name) return certificateLifetime(await readNamed(name, 'client-certificate', file), true);
  return null;
}

/** A JWT says its times in its second part (RFC 7519, section 4.1); of other tokens nothing is known. */
function tokenLifetime(token: string, renewed: boolean): Lifetime | null {
  const [, payload] = token.split('.');
  if (payload === undefined) return null;
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { exp?: unknown; nbf?: unknown };
    const seconds = (value: unknown): number | null =>
      typeof value === 'number' && Math.abs(value) < 1e11 ? value * 1000 : null;
    return { what: 'token', from: seconds(claims?.nbf), until: seconds(claims?.exp), renewed };
  } catch {
    return null;
  }
}

function certificateLifetime(pem: Buffer, renewed: boolean): Lifetime | null {
  try {
    const { validFromDate, validToDate } = new X509Certificate(pem);
    return { what: 'client certificate', from: validFromDate.getTime(), until: validToDate.getTime(), renewed };
  } catch {
    return null;
  }
}
