import type { SpawnResult } from '../lib/process/spawn.ts';
import { oneLine } from '../lib/text.ts';
import type { TshFailureKind } from './errors.ts';

/** Why a run of tsh gave no result, with what it said about it. */
export interface TshFailure {
  readonly kind: TshFailureKind;
  readonly message: string;
}

type Ended = Pick<SpawnResult, 'reason' | 'exitCode' | 'stderr' | 'stdout' | 'error' | 'droppedBytes'>;

// oxlint-disable-next-line no-control-regex
const colours = /\u001b\[[0-9;]*m/g;
/** What tsh adds when a remote command ends with another exit code than 0: it says nothing of tsh. */
const exitNotice = /process exited with status \d+|^exit status \d+/i;

/**
 * What tsh says of itself, in the order in which it counts: an expired login is also no login. Its words are not
 * documented; those that are not known here are `failed`, with what tsh said.
 */
const signs: readonly (readonly [RegExp, TshFailureKind])[] = [
  [/failed to verify certificate|certificate signed by unknown authority/i, 'unreachable'],
  [/minimum client version|version mismatch|client version .* is (?:not supported|incompatible)/i, 'incompatible'],
  [/expired/i, 'expired'],
  [
    /not logged in|profile is not found|no credentials|please log ?in|missed --proxy|re-?login|tsh login|identity file|key not found/i,
    'not_logged_in',
  ],
  [
    /cluster "?[^"\s]*"? (?:is )?(?:not found|offline|unknown)|kubernetes cluster .*not found|unknown cluster/i,
    'unknown_cluster',
  ],
  [/access denied|permission denied|not allowed|mfa is required|unauthorized/i, 'access_denied'],
  [
    /could not resolve|no matching (?:nodes|hosts)|node .*(?:not found|offline)|is offline|ambiguous|not found in inventory|no tunnel connection/i,
    'unknown_node',
  ],
  [
    /dial tcp|connection refused|connection reset|no such host|no route to host|i\/o timeout|deadline exceeded|unable to connect|failed to (?:connect|dial)|network is unreachable|\beof\b/i,
    'unreachable',
  ],
];

/** Why a run of tsh failed; null when it did not. Pure: from how the process ended and what it wrote. */
export function tshFailure(result: Ended): TshFailure | null {
  const { reason, exitCode, error } = result;
  if (reason === 'spawn_failed')
    return { kind: 'not_installed', message: `tsh cannot be started: ${error ?? 'unknown'}` };
  if (reason === 'timeout') return { kind: 'timeout', message: 'tsh gave no answer in time and was ended' };
  if (reason === 'aborted') return { kind: 'failed', message: 'tsh was stopped' };
  if (reason === 'output_limit') return { kind: 'too_large', message: 'tsh wrote more than is taken and was ended' };
  if (exitCode === 0) return null;
  const own = ownWords(result);
  if (own === null) return { kind: 'remote', message: remoteWords(result) };
  const kind = signs.find(([sign]) => sign.test(own))?.[1] ?? 'failed';
  return { kind, message: `tsh: ${own}` };
}

/** What tsh itself said on its way out; null when it was the remote command that failed. */
function ownWords({ stderr, stdout }: Ended): string | null {
  const lines = linesOf(stderr).filter((line) => !exitNotice.test(line));
  const at = lines.findIndex((line) => line.startsWith('ERROR:'));
  if (at >= 0)
    return oneLine(
      lines
        .slice(at)
        .join(' ')
        .replace(/^ERROR:\s*/, ''),
      500,
    );
  // `tsh status` says it in a line of its own, on either stream.
  return [...lines, ...linesOf(stdout)].find((line) => /^(?:not logged in|active profile expired)/i.test(line)) ?? null;
}

/** What the remote command wrote to standard error, without what tsh adds. */
export function remoteStderr(stderr: string): string {
  return linesOf(stderr)
    .filter((line) => !exitNotice.test(line))
    .join('\n');
}

function remoteWords({ stderr, exitCode }: Ended): string {
  const said = linesOf(remoteStderr(stderr));
  return oneLine(said.at(-1) ?? `the command ended with exit code ${exitCode} and without a word`, 500);
}

function linesOf(text: string): string[] {
  const lines = text.replaceAll(colours, '').split('\n');
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}
