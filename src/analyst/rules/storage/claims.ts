import { parseQuantity } from '../../../kube/quantity.ts';
import type { Entity } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt, textAt } from '../../model/fields.ts';
import { podReferences } from '../../model/pod-references.ts';
import { type Conclusion, conclusion, edit, type Rule, type RuleView, step } from '../rule.ts';
import { className, requested } from './claimed.ts';
import { driverOf } from './drivers.ts';
import { notGrown } from './growth.ts';
import { provisionerFails } from './provisioning.ts';

export const storageRules: readonly Rule[] = [
  {
    id: 'claim-pending',
    catalogue: [91, 93, 94, 97],
    needs: 'a claim that is not bound, its events, the volumes and classes',
    unless: 'the claim is bound, or its class waits for a pod by design',
    conclude: (view) => view.graph.all('PersistentVolumeClaim').flatMap((claim) => pending(view, claim) ?? []),
  },
];

/** Workloads that mount a claim, those made from a template included. */
function users({ workloads, graph }: RuleView, claim: KubeObject): Entity[] {
  const { namespace, name } = claim.metadata;
  return workloads
    .filter((it) => it.entity.namespace === namespace)
    .filter(
      (workload) =>
        [workload.template, ...workload.pods.map((pod) => pod.object['spec'])].some((spec) =>
          podReferences(spec).some((ref) => ref.kind === 'PersistentVolumeClaim' && ref.name === name),
        ) ||
        listAt(
          graph.get(workload.entity.kind, workload.entity.namespace, workload.entity.name),
          'spec',
          'volumeClaimTemplates',
        ).some((template) => name.startsWith(`${textAt(template, 'metadata', 'name')}-${workload.entity.name}-`)),
    )
    .map((it) => it.entity);
}

function pending(view: RuleView, claim: KubeObject): Conclusion | null {
  const using = users(view, claim);
  const phase = textAt(claim, 'status', 'phase');
  if (phase === 'Bound') return notGrown({ view, claim, users: using });
  return (
    (phase === 'Lost' ? lost(view, claim) : null) ??
    classMissing(view, claim) ??
    released(view, claim) ??
    driverOf({ view, claim, users: using }) ??
    provisionerFails(view, claim, using) ??
    noVolume(view, claim)
  );
}

function classMissing(view: RuleView, claim: KubeObject): Conclusion | null {
  const { graph } = view;
  const name = className(claim);
  const event = graph.eventsOf(entityOf(claim)).findLast((it) => /storageclass\S* "[^"]+" not found/.test(it.message));
  const absent = name === '' ? null : graph.absent('StorageClass', null, name);
  if (name === '' || (!event && !absent)) return null;
  const using = users(view, claim);
  return conclusion('storageclass-missing', {
    entity: entityOf(claim),
    mechanism: 'storageclass_missing',
    wrongValue: name,
    statement: `The claim ${claim.metadata.name} asks for StorageClass ${name}, which does not exist${using[0] ? `, so ${entityText(using[0])} waits for its volume` : ''}.`,
    weight: 95,
    evidence: [graph.eventRef(event), graph.fieldRef(claim, 'storageClassName', name), absent],
    affects: [entityOf(claim), ...using],
    ruledOut: 'free capacity of the nodes: the pod waits for its claim',
    remediation: step(
      `Create StorageClass ${name}, or recreate the claim with a class that exists`,
      'kubectl get storageclass',
      'none',
    ),
  });
}

/** A claim whose volume has been deleted: only the claim is left. */
function lost(view: RuleView, claim: KubeObject): Conclusion | null {
  const { graph } = view;
  const name = textAt(claim, 'spec', 'volumeName');
  const absent = graph.absent('PersistentVolume', null, name);
  const event = graph.eventsOf(entityOf(claim)).findLast(({ reason }) => reason === 'ClaimLost');
  if (name === '' || (!absent && !event)) return null;
  const using = users(view, claim);
  return conclusion('volume-lost', {
    entity: entityOf(claim),
    mechanism: 'no_matching_pv',
    wrongValue: name,
    statement: `PersistentVolume ${name}, to which claim ${claim.metadata.name} was bound, does not exist any more, so the claim is Lost${using[0] ? ` and ${entityText(using[0])} has no volume` : ''}.`,
    weight: 95,
    evidence: [
      graph.fieldRef(claim, 'phase', 'Lost'),
      graph.eventRef(event),
      absent,
      graph.fieldRef(claim, 'volumeName', name),
    ],
    affects: [entityOf(claim), ...using],
    ruledOut: 'a missing StorageClass: the claim was bound before',
    remediation: step(
      `Make a PersistentVolume ${name} for the old disk again where that still exists, else restore its data into a new claim`,
      `kubectl get pv`,
      'none',
    ),
  });
}

/** A volume that is Released and still refers to an earlier claim, often of the same name. */
function released(view: RuleView, claim: KubeObject): Conclusion | null {
  const { graph } = view;
  const wanted = textAt(claim, 'spec', 'volumeName');
  const volume = graph.all('PersistentVolume').find((volume) => {
    const phase = textAt(volume, 'status', 'phase');
    if (phase !== 'Released' && phase !== 'Failed') return false;
    const sameClaim =
      textAt(volume, 'spec', 'claimRef', 'name') === claim.metadata.name &&
      textAt(volume, 'spec', 'claimRef', 'namespace') === claim.metadata.namespace;
    return (
      volume.metadata.name === wanted ||
      sameClaim ||
      (className(claim) === textAt(volume, 'spec', 'storageClassName') && fits(claim, volume))
    );
  });
  if (!volume) return null;
  const phase = textAt(volume, 'status', 'phase');
  const using = users(view, claim);
  const event = graph.eventsOf(entityOf(claim)).findLast((it) => it.warning || it.reason === 'FailedBinding');
  return conclusion('volume-released', {
    entity: entityOf(volume),
    mechanism: 'pv_released',
    wrongValue: phase,
    statement: `PersistentVolume ${volume.metadata.name} is ${phase} and still refers to an earlier claim (uid ${textAt(volume, 'spec', 'claimRef', 'uid') || 'unknown'}), so the claim ${claim.metadata.name} cannot bind to it${using[0] ? ` and ${entityText(using[0])} stays Pending` : ''}.`,
    weight: 95,
    evidence: [
      graph.fieldRef(volume, 'phase', phase),
      graph.fieldRef(volume, 'uid', textAt(volume, 'spec', 'claimRef', 'uid')),
      graph.fieldRef(claim, 'phase', textAt(claim, 'status', 'phase')),
      graph.eventRef(event),
    ],
    affects: [entityOf(claim), ...using],
    ruledOut: 'a missing StorageClass: the claim names none that is absent',
    remediation: step(
      `When its data may be used by ${claim.metadata.name}: remove spec.claimRef.uid of ${volume.metadata.name}`,
      `kubectl patch pv ${volume.metadata.name} --type json -p '[{"op":"remove","path":"/spec/claimRef/uid"}]'`,
      'high',
      false,
    ),
  });
}

function fits(claim: KubeObject, volume: KubeObject): boolean {
  const modes = listAt(claim, 'spec', 'accessModes').map(String);
  const has = listAt(volume, 'spec', 'accessModes').map(String);
  return (
    (parseQuantity(requested(claim)) ?? 0) <= (parseQuantity(textAt(volume, 'spec', 'capacity', 'storage')) ?? 0) &&
    modes.every((mode) => has.includes(mode))
  );
}

function noVolume(view: RuleView, claim: KubeObject): Conclusion | null {
  const { graph } = view;
  const event = graph
    .eventsOf(entityOf(claim))
    .findLast((it) => ['FailedBinding', 'VolumeMismatch'].includes(it.reason));
  const lost = textAt(claim, 'status', 'phase') === 'Lost';
  if (!event && !lost) return null;
  const misfit = misfitOf(view, claim);
  const [user] = users(view, claim);
  return conclusion('no-volume', {
    entity: entityOf(claim),
    mechanism: 'no_matching_pv',
    wrongValue: misfit.wrong,
    statement: `No volume fits the claim ${claim.metadata.name}${className(claim) === '' ? ', and no storage class is set' : ''}: ${misfit.why}${user ? `; ${entityText(user)} waits for it` : ''}.`,
    weight: 92,
    evidence: [
      graph.eventRef(event),
      graph.fieldRef(claim, 'storage', requested(claim)),
      graph.fieldRef(claim, 'phase', textAt(claim, 'status', 'phase')),
      misfit.volume ? graph.fieldRef(misfit.volume, 'storage', capacityOf(misfit.volume)) : null,
    ],
    affects: [entityOf(claim), ...users(view, claim)],
    ruledOut: 'free capacity of the nodes: the pod waits for its claim',
    remediation: edit(
      `Provide a volume for ${claim.metadata.name}, or recreate the claim with a class that provisions`,
      entityOf(claim),
      'medium',
    ),
  });
}

const capacityOf = (volume: KubeObject): string => textAt(volume, 'spec', 'capacity', 'storage');

interface Misfit {
  readonly wrong: string;
  readonly why: string;
  readonly volume: KubeObject | null;
}

/** Why the volume that is free does not fit: size, access mode, class. */
function misfitOf({ graph }: RuleView, claim: KubeObject): Misfit {
  const size = requested(claim);
  const named = textAt(claim, 'spec', 'volumeName');
  const volume =
    graph.get('PersistentVolume', null, named) ??
    graph.all('PersistentVolume').find((it) => textAt(it, 'status', 'phase') === 'Available') ??
    null;
  if (!volume)
    return { wrong: className(claim) || size, why: `no volume is available${classesThere(graph, claim)}`, volume };
  const other = textAt(volume, 'spec', 'claimRef', 'name');
  if (volume.metadata.name === named && other !== '' && other !== claim.metadata.name)
    return { wrong: named, why: `${named}, which it names, belongs to the claim ${other}`, volume };
  const { name } = volume.metadata;
  const mode = listAt(claim, 'spec', 'accessModes')
    .map(String)
    .find((it) => !listAt(volume, 'spec', 'accessModes').includes(it));
  const theirs = textAt(volume, 'spec', 'storageClassName');
  if ((parseQuantity(size) ?? 0) > (parseQuantity(capacityOf(volume)) ?? 0)) {
    return { wrong: size, why: `it asks for ${size} and ${name} has ${capacityOf(volume)}`, volume };
  }
  if (mode !== undefined) return { wrong: mode, why: `it asks for ${mode}, which ${name} does not offer`, volume };
  if (className(claim) !== theirs) {
    const why = `its class is ${className(claim) || 'empty'} and that of ${name} is ${theirs || 'empty'}`;
    return { wrong: className(claim) || theirs, why, volume };
  }
  return { wrong: size, why: 'none matches', volume };
}

/** What a claim without a class could have had: the classes that there are, none of which is the default. */
function classesThere(graph: EvidenceGraph, claim: KubeObject): string {
  const classes = graph.all('StorageClass');
  const isDefault = classes.some(
    ({ metadata }) => metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
  );
  if (className(claim) !== '' || classes.length === 0 || isDefault) return '';
  const names = classes.slice(0, 5).map(({ metadata }) => metadata.name);
  return `, and of the storage classes (${names.join(', ')}) none is the default`;
}
