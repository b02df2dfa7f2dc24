import type { KubeObject } from '../cluster-reader.ts';
import { type ContainerStatus, timeOf } from '../objects.ts';
import { type Finding, finding, sentence } from './finding.ts';

const imageReasons = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);

const startReasons = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'PreStartHookError',
  'PreCreateHookError',
  'PostStartHookError',
]);

/** A container that restarted so often, and crashed so lately, is still a fault while it runs. */
const minCrashes = 3;
const recentCrashMs = 10 * 60_000;
/** One that runs for so long is between two crashes, not in the short run of a crash loop. */
const steadyRunMs = 60_000;

/** What one container of a pod that is not being deleted shows. */
export function containerFinding(pod: KubeObject, status: ContainerStatus, init: boolean, now: number): Finding | null {
  const found = shownBy(pod, status, init, now);
  return found === null ? null : { ...found, restarts: status.restartCount ?? 0 };
}

function shownBy(pod: KubeObject, status: ContainerStatus, init: boolean, now: number): Finding | null {
  const container = status.name ?? '';
  const waiting = status.state?.waiting;
  const reason = waiting?.reason ?? '';
  const last = status.lastState?.terminated;
  const since = timeOf(last?.finishedAt) ?? timeOf(pod.metadata.creationTimestamp);
  if (imageReasons.has(reason)) {
    const context = sentence(`Container image cannot be pulled: ${reason}`, { message: waiting?.message });
    return finding('ImagePull', pod, context, { container, since: timeOf(pod.metadata.creationTimestamp) });
  }
  if (startReasons.has(reason)) {
    const context = sentence(`Container cannot be started: ${reason}`, { message: waiting?.message });
    return finding('ConfigError', pod, context, { container, since });
  }
  if (reason === 'CrashLoopBackOff') return crashLoop(pod, status, init);
  const terminated = status.state?.terminated;
  if (terminated && (terminated.exitCode ?? 0) !== 0) {
    const what = `crashed with exit code ${terminated.exitCode}, reason: ${terminated.reason ?? 'Unknown'}`;
    const at = { container, since: timeOf(terminated.finishedAt) };
    return init
      ? finding('InitCrash', pod, `Init container ${what}`, at)
      : finding('PodCrash', pod, `Container ${what}`, at);
  }
  return init ? null : betweenCrashes(pod, status, now);
}

/**
 * A look at a crash loop may meet its short run: not ready, it is the loop. A container that is ready for a while and
 * keeps crashing is what push tells as PodCrash; one crash alone is over once it runs.
 */
function betweenCrashes(pod: KubeObject, status: ContainerStatus, now: number): Finding | null {
  const last = status.lastState?.terminated;
  const ended = timeOf(last?.finishedAt);
  if (!last || ended === null || (last.exitCode ?? 0) === 0 || now - ended > recentCrashMs) return null;
  if ((status.restartCount ?? 0) < minCrashes || !status.state?.running) return null;
  const at = { container: status.name ?? '', since: ended };
  const facts = { 'restart count': status.restartCount, 'last exit code': last.exitCode, 'last reason': last.reason };
  if (status.ready !== true) return finding('CrashLoop', pod, sentence('Container keeps crashing', facts), at);
  const runs = now - (timeOf(status.state.running.startedAt) ?? now);
  return runs < steadyRunMs ? null : finding('PodCrash', pod, sentence('Container keeps crashing', facts), at);
}

function crashLoop(pod: KubeObject, status: ContainerStatus, init: boolean): Finding {
  const last = status.lastState?.terminated;
  const context = sentence(`${init ? 'Init container' : 'Container'} entered CrashLoopBackOff state`, {
    'restart count': status.restartCount ?? 0,
    'waiting message': status.state?.waiting?.message,
    'last exit code': last?.exitCode,
    'last reason': last?.reason,
  });
  return finding(init ? 'InitCrash' : 'CrashLoop', pod, context, {
    container: status.name ?? '',
    since: timeOf(last?.finishedAt),
  });
}
