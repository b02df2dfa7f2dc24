import { type Entity } from '../../../domain/verdict/verdict.ts';
import { entityOf, entityText, rootOwner, sameEntity } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { says } from '../../model/lexicon.ts';
import { pathsIn } from '../../model/names-in-text.ts';
import { mountOf } from '../../model/pod-references.ts';
import { podView, type PodView } from '../../model/workload.ts';
import { sharedVolume, stuckRollout } from '../../signals/rollout/stuck-rollout.ts';
import { endRefs, reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Rule, step, where } from '../rule.ts';

export const lockRules: readonly Rule[] = [
  {
    id: 'lock-held',
    catalogue: [42],
    needs: 'a log that says that data are locked, and the pods that mount the same volume',
    unless:
      'the lock belongs to a rollout whose old pod must go first (`rollout-deadlock`), or no other pod mounts the volume',
    conclude: eachCrash(lockHeld),
  },
];

/** Data that another process has locked: a pod that shares the volume, else somebody before who left it so. */
function lockHeld(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { pod, reason, workload } = trouble;
  if (trouble.kind !== 'crash' || reason === null || !says.lockHeld.test(reason.text)) return null;
  if (stuckRollout(workload) !== null) return null;
  const holder = holderOf(graph, pod);
  if (holder) return shared(graph, trouble, holder);
  return left(graph, trouble);
}

const maxPods = 200;

/** A pod of the namespace that runs on the same volume; a ready one first. */
function holderOf(graph: EvidenceGraph, pod: PodView): PodView | null {
  const others = graph
    .all('Pod', pod.namespace)
    .filter((one) => one.metadata.name !== pod.name)
    .slice(0, maxPods)
    .map(podView)
    .filter((one) => one.phase === 'Running' && sharedVolume(pod, one) !== null);
  return others.find((one) => one.ready) ?? others[0] ?? null;
}

function shared(graph: EvidenceGraph, trouble: Trouble, holder: PodView): Conclusion {
  const { pod, reason, workload } = trouble;
  const volume = sharedVolume(pod, holder);
  const owner = rootOwner(graph, holder.object);
  const own = sameEntity(owner, workload.entity);
  const name = volume?.name ?? '';
  const what = volume?.kind === 'hostPath' ? `the host path ${name}` : `the claim ${name}`;
  const who = own ? `its own pod ${holder.name}` : `pod ${holder.name} of ${entityText(owner)}`;
  const ending = holder.deleting ? ', which is being deleted and has not ended' : '';
  return conclusion('lock-shared', {
    entity: workload.entity,
    mechanism: 'rwop_conflict',
    wrongValue: name,
    statement: `The ${where(trouble)} does not get the lock of its data: ${who} runs on ${what} too${ending}, and only one process may have it: ${reason?.text ?? ''}`,
    weight: 92,
    confidence: holder.ready ? 'high' : 'medium',
    evidence: [
      reasonRef(graph, trouble),
      graph.refIn(entityOf(holder.object), `"claimName": "${name}"`) ??
        graph.refIn(entityOf(holder.object), `"path": "${name}"`),
      graph.refIn(entityOf(pod.object), `"claimName": "${name}"`) ??
        graph.refIn(entityOf(pod.object), `"path": "${name}"`),
      ...endRefs(graph, trouble),
    ],
    ruledOut: 'a lock that is left over: a pod that runs mounts the same volume',
    remediation: edit(
      own
        ? `Run one pod of ${workload.entity.name} only, or give each its own volume (a StatefulSet with volumeClaimTemplates)`
        : `Give ${workload.entity.name} a volume of its own, or stop ${entityText(owner)} first`,
      workload.entity,
      'medium',
    ),
  });
}

/** Nobody else has the volume: what a process before left there, where the message speaks of a file that exists. */
function left(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { container, pod, reason, workload } = trouble;
  const path = pathsIn(reason?.text ?? '').find((one) => mountOf(workload, container.name, one) !== null);
  const mount = path === undefined ? null : mountOf(workload, container.name, path);
  if (path === undefined || !mount || mount.kind !== 'persistentVolumeClaim') return null;
  const claim: Entity = { kind: 'PersistentVolumeClaim', namespace: pod.namespace, name: mount.name };
  return conclusion('lock-left', {
    entity: graph.get(claim.kind, claim.namespace, claim.name) ? claim : workload.entity,
    mechanism: 'volume_content',
    wrongValue: path,
    statement: `The ${where(trouble)} finds ${path} locked on the claim ${mount.name}, and no other pod that was read runs on that claim: a process before may have left the lock there. It says: ${reason?.text ?? ''}`,
    weight: 72,
    confidence: 'medium',
    evidence: [
      reasonRef(graph, trouble),
      graph.refIn(entityOf(pod.object), `"claimName": "${mount.name}"`),
      ...endRefs(graph, trouble),
    ],
    affects: [workload.entity],
    ruledOut: 'another pod on the same volume: none that was read mounts it and runs',
    remediation: step(
      `Make sure that nothing else uses the claim ${mount.name} (pods, jobs, another cluster), then remove the lock file that the message names`,
      `kubectl get pods -A -o wide`,
      'none',
    ),
  });
}
