import type { KubeObject } from '../../kube/cluster-reader.ts';
import { kindFacts } from '../../kube/kinds.ts';
import { listAt, recordAt, textAt } from '../model/fields.ts';

/** Types whose True is bad; of nodes problem detectors add their own. */
const badWhenTrue =
  /Pressure$|Unavailable$|Fail(?:ed|ure|ing)?$|FailureTarget|Stalled|Degraded|Error$|Problem$|Deadlock|ReadonlyFilesystem|Corrupt|Unhealthy$|Frequent\w+Restart|ContentRemaining$|FinalizersRemaining$|DisruptionTarget|InvalidRange|InvalidRequest|^Denied$/;
/** Types whose False says nothing bad. */
const quietWhenFalse =
  /^(?:Suspended|Complete|SuccessCriteriaMet|ScalingLimited|Terminating|Reconciling|PodReadyToStartContainers|Paused|Active|Fallback|Resizing|Deleting|HandledBy\w*|Progressing\w+|Issuing|Remediated|TestSuccess)$/;

/** Whether a condition of that type and status says that its object is not well. */
export function isBad(type: string, status: string): boolean {
  if (badWhenTrue.test(type)) return status === 'True';
  return (status === 'False' || status === 'Unknown') && !quietWhenFalse.test(type);
}

/** What an object of a custom kind says of itself. */
export interface CustomState {
  /** `Ready is False (SecretSyncedError)`, `health Degraded`. */
  readonly what: string;
  readonly reason: string;
  readonly message: string;
}

/** Whether an object is of a kind that Kubernetes itself does not have. */
export const isCustom = (object: KubeObject): boolean =>
  kindFacts(object.kind) === null ||
  kindFacts(object.kind)?.apiVersion.split('/')[0] !== object.apiVersion.split('/')[0];

/** The bad state of a custom object: its worst condition that has something to say; null when it says nothing bad. */
export function badState(object: KubeObject): CustomState | null {
  const bad = listAt(object, 'status', 'conditions')
    .map((condition) => ({
      type: textAt(condition, 'type'),
      status: textAt(condition, 'status'),
      reason: textAt(condition, 'reason'),
      message: textAt(condition, 'message'),
    }))
    .filter(({ type, status }) => isBad(type, status))
    .toSorted((a, b) => rank(a.type) - rank(b.type));
  const [first] = bad.some(({ message }) => message !== '') ? bad.filter(({ message }) => message !== '') : bad;
  if (first) {
    const { type, status, reason, message } = first;
    return { what: `${type} is ${status}${reason === '' ? '' : ` (${reason})`}`, reason: reason || type, message };
  }
  return deliveryState(object) ?? wordState(object);
}

/** The conditions that sum up come first. */
function rank(type: string): number {
  const at = ['Stalled', 'Ready', 'Synced', 'Available', 'Healthy', 'Reconciled'].indexOf(type);
  return at < 0 ? 9 : at;
}

/** Tools of delivery that tell health and sync apart (`status.health.status`, `status.operationState`). */
function deliveryState(object: KubeObject): CustomState | null {
  const health = textAt(object, 'status', 'health', 'status');
  const phase = textAt(object, 'status', 'operationState', 'phase');
  const failed = phase === 'Failed' || phase === 'Error';
  if (!failed && !['Degraded', 'Missing'].includes(health)) return null;
  const message = failed
    ? textAt(object, 'status', 'operationState', 'message')
    : textAt(object, 'status', 'health', 'message');
  return {
    what: failed ? `its last sync is ${phase}` : `its health is ${health}`,
    reason: failed ? phase : health,
    message,
  };
}

/** Kinds that have one word for their state (`status.state`, `status.phase`), with the reason beside it. */
function wordState(object: KubeObject): CustomState | null {
  const word = textAt(object, 'status', 'state') || textAt(object, 'status', 'phase');
  if (!/^(?:fail(?:ed|ure)?|error|errored|invalid|degraded|expired|denied)$/i.test(word)) return null;
  const reason = textAt(object, 'status', 'reason');
  const message = textAt(object, 'status', 'message') || (reason.includes(' ') ? reason : '');
  return { what: `its state is ${word}`, reason: word, message };
}

/** Whether a custom object says that it is well, and by which of its conditions; null when it says nothing. */
export function goodCondition(object: KubeObject): string | null {
  if (badState(object) !== null) return null;
  const good = listAt(object, 'status', 'conditions').find(
    (condition) =>
      ['Ready', 'Available', 'Synced', 'Healthy', 'Reconciled'].includes(textAt(condition, 'type')) &&
      textAt(condition, 'status') === 'True',
  );
  return good === undefined ? null : textAt(good, 'type');
}

/** What stops a custom object, as it stands in it: a field of its spec or an annotation; null when nothing does. */
export function stoppedBy(object: KubeObject): string | null {
  const spec = recordAt(object, 'spec');
  const field = ['suspend', 'suspended', 'paused'].find((key) => spec[key] === true);
  if (field) return `"${field}": true`;
  const entry = Object.entries(object.metadata.annotations ?? {}).find(
    ([key, value]) => /[./](?:paused?|suspend(?:ed)?|reconcile[.-]?(?:paused|disabled))$/.test(key) && value === 'true',
  );
  return entry ? `"${entry[0]}": "true"` : null;
}

/** Whether somebody has stopped a custom object. */
export const isSuspended = (object: KubeObject): boolean => stoppedBy(object) !== null;
