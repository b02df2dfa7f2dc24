import { type PermissionSnapshot, unknownPermissions } from '../../domain/permissions.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Spawn, SpawnOptions, SpawnResult } from '../../lib/process/spawn.ts';
import { oneLine } from '../../lib/text.ts';
import {
  canRead,
  minimumQuestions,
  parseReviews,
  questionText,
  reviewList,
  reviewQuestions,
  writeQuestions,
} from './questions.ts';

export interface PermissionTarget {
  readonly name: string;
  /** Absolute path, null when none is configured. */
  readonly kubeconfig: string | null;
  /** Null: the current one of the file. */
  readonly context: string | null;
  readonly allowSecrets: boolean;
  /** Its way where it has no kubeconfig here; another way is another target. */
  readonly teleport?: object | null;
}

/** Runs kubectl where a cluster is, with arguments that say nothing of a kubeconfig. */
export type RunKubectl = (
  args: readonly string[],
  limits: Pick<SpawnOptions, 'timeoutMs' | 'maxOutputBytes' | 'signal' | 'input'>,
) => Promise<SpawnResult>;

export interface ProbeOptions {
  readonly spawn: Spawn;
  readonly clock: Clock;
  /** Command or path. */
  readonly kubectl: string;
  /** The kubectl of a cluster that is reached in another way than by a kubeconfig here; null for all others. */
  readonly kubectlOf?: (cluster: string) => RunKubectl | null;
  readonly env: Record<string, string>;
  /** Where kubectl keeps what it knows of API servers; its own place when not set. */
  readonly cacheDir?: string;
}

const maxOutputBytes = 256 * 1024;

/**
 * Asks what a cluster's credential may do with real kubectl, at most four processes one after another (docs/formats.md). The first process that gets no answer ends the asking: everything open is unknown, which is not no.
 */
export async function probePermissions(
  target: PermissionTarget,
  timeoutMs: number,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<PermissionSnapshot> {
  const unknown = (error: string): PermissionSnapshot =>
    unknownPermissions(target.name, options.clock.now(), error, target.allowSecrets);
  const kubectl = runKubectl(target, options);
  if (kubectl === null) return unknown('no kubeconfig is configured (triage.kubeconfig)');
  const run = (args: readonly string[], input?: string): Promise<SpawnResult> =>
    // Sooner than the process's own limit, so that kubectl can say what it waited for.
    kubectl([`--request-timeout=${Math.max(1, Math.floor(timeoutMs * 0.9))}ms`, ...args], {
      timeoutMs,
      maxOutputBytes,
      signal,
      ...(input === undefined ? {} : { input }),
    });
  const minimum: Record<string, boolean> = {};
  for (const [flag, { args }] of Object.entries(minimumQuestions)) {
    const result = await run(['auth', 'can-i', ...args, '--all-namespaces']);
    const answer = canIAnswer(result);
    if (answer === null) return unknown(noAnswer(result, options.kubectl, timeoutMs));
    minimum[flag] = answer;
  }
  const reviews = await run(['create', '--validate=false', '-f', '-', '-o', 'json'], reviewList());
  const answers = parseReviews(reviews.stdout);
  const complete = answers.size === reviewQuestions.length;
  const error = complete ? null : noAnswer(reviews, options.kubectl, timeoutMs);
  return snapshotOf(target, minimum, answers, options.clock.now(), error);
}

/** `yes` or `no` on standard output; everything else, exit code 1 included, is no answer. */
export function canIAnswer(result: Pick<SpawnResult, 'reason' | 'stdout'>): boolean | null {
  if (result.reason !== 'exit') return null;
  const word = /^(yes|no)(\s|$)/.exec(result.stdout.trimStart())?.[1];
  return word === undefined ? null : word === 'yes';
}

/** The kubectl of a target: ours with its kubeconfig, else the one of its own way. */
function runKubectl({ name, kubeconfig, context }: PermissionTarget, options: ProbeOptions): RunKubectl | null {
  if (kubeconfig === null) return options.kubectlOf?.(name) ?? null;
  const { spawn, kubectl, env, clock, cacheDir } = options;
  const common = [
    '--kubeconfig',
    kubeconfig,
    ...(context === null ? [] : ['--context', context]),
    ...(cacheDir === undefined ? [] : ['--cache-dir', cacheDir]),
  ];
  return (args, limits) => spawn(kubectl, [...common, ...args], { ...limits, env, graceMs: 500, clock });
}

/** Why there is no answer, one sentence. */
function noAnswer(result: SpawnResult, kubectl: string, timeoutMs: number): string {
  if (result.reason === 'spawn_failed') {
    return /ENOENT/.test(result.error ?? '')
      ? `${kubectl} was not found: install kubectl or put it on PATH`
      : `${kubectl} cannot be started: ${result.error ?? 'unknown'}`;
  }
  if (result.reason === 'timeout') return `kubectl gave no answer within ${timeoutMs} ms`;
  if (result.reason === 'aborted') return 'asking was stopped';
  const lines = result.stderr.split('\n').filter((line) => line.trim() !== '');
  // Behind the error there may be advice (for a credential plugin that is not installed), before it warnings.
  const error = lines.findLast((line) => /^(?:error|unable to connect|the connection)/i.test(line)) ?? lines.at(-1);
  return oneLine(error ?? `kubectl ended with exit code ${result.exitCode} and without an answer`, 300);
}

/** The form of what was answered; `error` says why some of it is not. */
// oxlint-disable-next-line max-params
export function snapshotOf(
  target: PermissionTarget,
  minimum: Record<string, boolean>,
  answers: ReadonlyMap<string, boolean>,
  at: number,
  error: string | null,
): PermissionSnapshot {
  // A `can-i` yes is get; the review of list can only take it away.
  const pods = minimum['can_get_pods'] === true && canRead('can_get_pods', answers) !== false;
  const events = minimum['can_get_events'] === true && canRead('can_get_events', answers) !== false;
  const logs = minimum['can_get_logs'] === true;
  const canWrite = writeQuestions.map(questionText).filter((text) => answers.get(text) === true);
  const secrets = canRead('can_get_secrets', answers);
  const answered = {
    can_get_pods: pods,
    can_get_logs: logs,
    can_get_events: events,
    can_get_deployments: canRead('can_get_deployments', answers),
    can_get_services: canRead('can_get_services', answers),
    can_get_nodes: canRead('can_get_nodes', answers),
    can_get_configmaps: canRead('can_get_configmaps', answers),
  };
  return {
    cluster_name: target.name,
    validated_at: new Date(at).toISOString(),
    ...answered,
    secrets_access_allowed: target.allowSecrets,
    can_get_secrets: secrets,
    minimum_met: pods && logs && events,
    can_write: canWrite,
    warnings: warningsOf(answered, canWrite, secrets === true && !target.allowSecrets, error),
    error,
  };
}

function warningsOf(
  answered: Readonly<Record<string, boolean | null>>,
  canWrite: readonly string[],
  secretsUnwanted: boolean,
  error: string | null,
): string[] {
  const denied = Object.entries(answered).flatMap(([flag, can]) =>
    can === false ? [flag.replace('can_get_', '').replace('logs', 'pods/log')] : [],
  );
  return [
    ...(denied.length > 0 ? [`the credential cannot read ${denied.join(', ')} in all namespaces`] : []),
    ...(canWrite.length > 0 ? [`the credential can write: ${canWrite.join(', ')}`] : []),
    ...(secretsUnwanted ? ['the credential can read secrets, which triage.allow_secrets_access does not allow'] : []),
    ...(error === null ? [] : [`some permissions are unknown: ${error}`]),
  ];
}
