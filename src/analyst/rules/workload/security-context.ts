import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { dig, listAt, textAt } from '../../model/fields.ts';
import { says } from '../../model/lexicon.ts';
import { pathsIn } from '../../model/names-in-text.ts';
import { type Mount, mountOf } from '../../model/pod-references.ts';
import { endRefs, reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Rule, type RuleView, where } from '../rule.ts';

export const securityRules: readonly Rule[] = [
  {
    id: 'security-context',
    catalogue: [13],
    needs: 'a log that speaks of a refused access, and the security context',
    unless: 'no field of the pod takes the right away, or the path lies in a volume of another owner',
    conclude: eachCrash(refusedAccess),
  },
  {
    id: 'run-as-non-root',
    catalogue: [13],
    needs: 'a container that the kubelet does not start for its user',
    unless: 'the kubelet names a missing ConfigMap or Secret instead of the user',
    conclude: nonRoot,
  },
];

function refusedAccess(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { reason, workload } = trouble;
  if (trouble.kind !== 'crash' || !reason) return null;
  const { text } = reason;
  const readOnly = says.readOnlyFiles.test(text);
  const denied = says.accessDenied.test(text);
  if (!readOnly && !denied) return null;
  const found = readOnly ? readOnlyField(trouble) : userField(trouble, text);
  if (!found) return null;
  return conclusion('security-context', {
    entity: workload.entity,
    mechanism: 'security_context',
    wrongValue: found.field,
    statement: `The security context of the ${where(trouble)} (${found.said}) makes it fail: ${text}`,
    weight: 91,
    confidence: found.sure ? 'high' : 'medium',
    evidence: [reasonRef(graph, trouble), graph.refIn(workload.entity, `"${found.field}"`), ...endRefs(graph, trouble)],
    ruledOut: 'a missing file: the access is refused',
    remediation: edit(
      readOnly
        ? 'Mount a writable volume where the container writes'
        : `Correct ${found.field} of container ${trouble.container.name}, or the rights of what it reads`,
      workload.entity,
    ),
  });
}

interface Field {
  readonly field: string;
  readonly said: string;
  readonly sure: boolean;
}

function readOnlyField(trouble: Trouble): Field | null {
  const { container } = trouble;
  const mounts = pathsIn(trouble.reason?.text ?? '').map((path) => mountOf(trouble.workload, container.name, path));
  const isClosed = (mount: Mount | null): boolean =>
    mount !== null && (mount.readOnly || mount.kind === 'configMap' || mount.kind === 'secret');
  // A volume that is mounted for writing: its file system is read-only, not the container's.
  if (mounts.some((it) => it !== null && !isClosed(it))) return null;
  if (!mounts.some(isClosed) && dig(container.spec, 'securityContext', 'readOnlyRootFilesystem') === true) {
    return { field: 'readOnlyRootFilesystem', said: 'readOnlyRootFilesystem: true', sure: true };
  }
  const mount = mounts.find(isClosed);
  return mount
    ? { field: 'mountPath', said: `volume ${mount.volume} at ${mount.path} is read-only`, sure: true }
    : null;
}

/** The field that takes the right away: the container's own first, then the pod's. */
function userField(trouble: Trouble, text: string): Field | null {
  const scopes = [dig(trouble.container.spec, 'securityContext'), dig(trouble.pod.object, 'spec', 'securityContext')];
  const port = /bind|listen|port/i.test(text);
  for (const scope of scopes) {
    const drop = listAt(scope, 'capabilities', 'drop').map(String);
    if (drop.length > 0 && (says.capabilityMissing.test(text) || port)) {
      return { field: 'capabilities', said: `capabilities drop ${drop.join(', ')}`, sure: true };
    }
    for (const field of ['runAsUser', 'runAsGroup', 'fsGroup', 'runAsNonRoot']) {
      const value = textAt(scope, field);
      if (value !== '' && value !== 'false') return { field, said: `${field}: ${value}`, sure: field !== 'fsGroup' };
    }
  }
  return /root/i.test(text) ? { field: 'securityContext', said: 'it runs as root', sure: false } : null;
}

/** `CreateContainerConfigError: container has runAsNonRoot and image will run as root`. */
function nonRoot({ graph, workloads }: RuleView): Conclusion[] {
  return workloads.flatMap((workload) =>
    workload.pods.slice(0, 3).flatMap((pod) =>
      pod.containers
        .filter((it) => /runAsNonRoot|run as root|runAsUser|non-numeric user/i.test(it.waitingMessage))
        .map((container) =>
          conclusion('run-as-non-root', {
            entity: workload.entity,
            mechanism: 'security_context',
            wrongValue: 'runAsNonRoot',
            statement: `Container ${container.name} of ${entityText(workload.entity)} is not started: ${container.waitingMessage}`,
            weight: 94,
            evidence: [
              graph.refIn(entityOf(pod.object), container.waitingMessage),
              graph.fieldRef(pod.object, 'runAsNonRoot', true),
            ],
            ruledOut: 'a missing ConfigMap or Secret: the message names the user',
            remediation: edit(
              'Set runAsUser to a number that is not 0, or use an image with such a user',
              workload.entity,
            ),
          }),
        ),
    ),
  );
}
