import { errorText } from '../lib/problem.ts';
import { formatSize } from '../lib/format.ts';
import type { Tsh } from './tsh.ts';
import { tshFailure, type TshFailure } from './tsh-failure.ts';
import {
  type KnownCluster,
  type TeleportNode,
  tshClusters,
  type TshLogin,
  tshLogin,
  tshNodes,
  tshVersion,
} from './tsh-output.ts';

/** Without a network, ms. */
const localMs = 5000;
/** What asks the proxy, ms. */
const remoteMs = 20_000;
/** A list of all nodes of a large cluster. */
const maxListBytes = 32 * 1024 * 1024;

/** The version of tsh, and all that it says of itself. @throws TeleportError */
export async function clientVersion(tsh: Tsh, signal: AbortSignal): Promise<{ version: string; raw: string }> {
  const read = (stdout: string) => ({ version: tshVersion(stdout), raw: stdout.trim() });
  return await ask(tsh, ['version', '--client', '--format=json'], localMs, read, signal);
}

/** The login that tsh has, null when it has none; `failure` says why it cannot be used. */
export async function loginOf(
  tsh: Tsh,
  signal: AbortSignal,
): Promise<{ readonly login: TshLogin | null; readonly failure: TshFailure | null }> {
  const result = await tsh.run(['status', '--format=json'], { timeoutMs: localMs, signal });
  const failure = tshFailure(result);
  try {
    return { login: tshLogin(result.stdout), failure };
  } catch (error) {
    return { login: null, failure: failure ?? notUnderstood(error) };
  }
}

/** The nodes of a Teleport cluster. @throws TeleportError */
export async function nodesOf(tsh: Tsh, cluster: string, signal: AbortSignal): Promise<readonly TeleportNode[]> {
  await checkLogin(tsh, cluster, signal);
  return await ask(tsh, ['ls', `--cluster=${cluster}`, '--format=json'], remoteMs, tshNodes, signal, cluster);
}

/** The clusters that the proxy knows. @throws TeleportError */
export async function clustersOf(tsh: Tsh, signal: AbortSignal): Promise<readonly KnownCluster[]> {
  await checkLogin(tsh, undefined, signal);
  return await ask(tsh, ['clusters', '--format=json'], remoteMs, tshClusters, signal);
}

/** These commands have no flag against logging in again, which would wait for a person. */
async function checkLogin(tsh: Tsh, cluster: string | undefined, signal: AbortSignal): Promise<void> {
  if (tsh.settings.identityFile !== null) return;
  const { failure } = await loginOf(tsh, signal);
  if (failure !== null) throw tsh.errorOf(failure, cluster === undefined ? {} : { cluster });
}

// oxlint-disable-next-line max-params
async function ask<T>(
  tsh: Tsh,
  args: readonly string[],
  timeoutMs: number,
  read: (stdout: string) => T,
  signal: AbortSignal,
  cluster?: string,
): Promise<T> {
  const at = cluster === undefined ? {} : { cluster };
  const result = await tsh.run(args, { timeoutMs, maxOutputBytes: maxListBytes, signal });
  signal.throwIfAborted();
  const failure = tshFailure(result);
  if (failure !== null) throw tsh.errorOf(failure, at);
  if (result.droppedBytes > 0) {
    const message = `tsh ${args[0]} wrote more than ${formatSize(maxListBytes)}`;
    throw tsh.errorOf({ kind: 'too_large', message }, at);
  }
  try {
    return read(result.stdout);
  } catch (error) {
    throw tsh.errorOf(notUnderstood(error), at);
  }
}

function notUnderstood(error: unknown): TshFailure {
  return {
    kind: 'failed',
    message: `the answer of tsh has another form than is known: ${errorText(error).slice(0, 200)}`,
  };
}
