import type { EvidenceRef } from '../../../domain/verdict/verdict.ts';
import { matchesSelector } from '../../../kube/selectors.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { dig, listAt, numberAt, recordAt, textAt } from '../../model/fields.ts';
import { says } from '../../model/lexicon.ts';
import type { PodView } from '../../model/workload.ts';
import { mountEvents } from '../../signals/mount-events.ts';
import { sharedVolume, type StuckRollout, stuckRollout } from '../../signals/rollout/stuck-rollout.ts';
import { reasonRef, type Trouble } from '../../signals/trouble.ts';
import { unscheduled } from '../../signals/unscheduled.ts';
import { type Conclusion, conclusion, type Rule, type RuleView, type Step, step } from '../rule.ts';

export const deadlockRules: readonly Rule[] = [
  {
    id: 'rollout-deadlock',
    catalogue: [42, 58],
    needs:
      'a rollout whose new pod is not ready and that may take no old one away, and a lock, volume, port or place that both need',
    unless: 'the old pod does not hold what the new one waits for, or the new one fails by itself',
    conclude: (view) => view.workloads.flatMap((workload) => deadlock(view, stuckRollout(workload)) ?? []),
  },
];

/** What both revisions need and only one can have. */
interface Contest {
  /** A clause about the new pod, and one about the old. */
  readonly wants: string;
  readonly has: string;
  readonly holder: PodView;
  readonly refs: readonly (EvidenceRef | null | undefined)[];
  readonly confidence?: Conclusion['confidence'];
  readonly weight?: number;
  readonly ruledOut: string;
  /** Whether one old pod gone is enough, while the others serve on. */
  readonly oneByOne?: boolean;
}

type Find = (view: RuleView, stuck: StuckRollout) => Contest | null;

function deadlock(view: RuleView, stuck: StuckRollout | null): Conclusion | null {
  if (!stuck) return null;
  for (const find of contests) {
    const found = find(view, stuck);
    if (found) return told(view, stuck, found);
  }
  return null;
}

function told({ graph }: RuleView, stuck: StuckRollout, found: Contest): Conclusion {
  const { workload, fresh, maxUnavailable } = stuck;
  const { entity, object, desired } = workload;
  const { holder } = found;
  return conclusion('rollout-deadlock', {
    entity,
    mechanism: 'rollout_deadlock',
    wrongValue: textAt(object, 'spec', 'strategy', 'type') || 'RollingUpdate',
    statement: `The rollout of ${entityText(entity)} cannot end: the new pod ${fresh.name} ${found.wants}, the old pod ${holder.name} ${found.has} and stays until the new one is ready (RollingUpdate, ${desired} ${desired === 1 ? 'replica' : 'replicas'}, ${maxUnavailable} may be unavailable). The old pod serves on; each waits for the other.`,
    weight: found.weight ?? 97,
    confidence: found.confidence ?? 'high',
    evidence: [
      ...found.refs,
      graph.fieldRef(holder.object, 'phase', holder.phase),
      object ? graph.refIn(entity, '"type": "RollingUpdate"') : null,
      object ? maxUnavailableRef(graph, stuck) : null,
    ],
    ruledOut: [found.ruledOut, 'the image and the settings of the new revision: nothing of them has failed yet'],
    remediation: todo(stuck, found),
  });
}

function maxUnavailableRef(graph: EvidenceGraph, { workload: { object } }: StuckRollout): EvidenceRef | null {
  const value = dig(object, 'spec', 'strategy', 'rollingUpdate', 'maxUnavailable');
  return object && value !== undefined ? graph.fieldRef(object, 'maxUnavailable', value) : null;
}

function todo({ workload, old }: StuckRollout, found: Contest): Step[] {
  const { namespace, name } = workload.entity;
  const patch = (strategy: object): string =>
    `kubectl -n ${namespace} patch deployment ${name} --type merge -p '${JSON.stringify({ spec: { strategy } })}'`;
  const change = found.oneByOne
    ? step(
        `Let one old pod go before a new one comes (maxSurge 0, maxUnavailable 1): ${name} has one pod less for as long as each takes to start`,
        patch({ rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }),
        'medium',
      )
    : step(
        `Let the old pod end before the new one starts (strategy Recreate): ${name} does not serve for as long as the new one takes to start`,
        patch({ type: 'Recreate', rollingUpdate: null }),
        'medium',
      );
  const set = old[0]?.object.metadata.ownerReferences?.find((owner) => owner.kind === 'ReplicaSet')?.name;
  if (set === undefined || found.oneByOne) return [change];
  return [
    change,
    step(
      'Or, to end this one alone: take the new revision back; the old pod serves on',
      `kubectl -n ${namespace} rollout undo deployment/${name}`,
      'low',
    ),
  ];
}

/** A file or directory that one process has locked. */
const lock: Find = ({ graph, troubles }, stuck) => {
  const trouble = ofPod(troubles, stuck.fresh).find((one) => speaksOfLock(one));
  if (!trouble) return null;
  const shared = stuck.old.flatMap((pod) => {
    const volume = sharedVolume(stuck.fresh, pod);
    return volume ? [{ pod, volume }] : [];
  })[0];
  const said = trouble.reason?.text ?? '';
  if (!shared) {
    const [holder] = stuck.old;
    if (!holder) return null;
    return {
      wants: `does not get a lock ("${said}")`,
      has: 'of the revision before is ready and may hold it (they share no volume)',
      holder,
      refs: [reasonRef(graph, trouble)],
      confidence: 'medium',
      weight: 72,
      ruledOut: 'an end without a word: it names the lock',
    };
  }
  const { pod, volume } = shared;
  const name = `${volume.kind === 'hostPath' ? 'the host path' : 'the claim'} ${volume.name}`;
  return {
    wants: `does not get the lock of its data on ${name} ("${said}")`,
    has: `runs on the same data and holds the lock`,
    holder: pod,
    refs: [
      reasonRef(graph, trouble),
      graph.refIn(entityOf(stuck.fresh.object), `"claimName": "${volume.name}"`) ??
        graph.refIn(entityOf(stuck.fresh.object), `"path": "${volume.name}"`),
      graph.refIn(entityOf(pod.object), `"claimName": "${volume.name}"`) ??
        graph.refIn(entityOf(pod.object), `"path": "${volume.name}"`),
    ],
    ruledOut: 'damaged data: the old pod serves from it',
  };
};

const ofPod = (troubles: readonly Trouble[], pod: PodView): Trouble[] =>
  troubles.filter((one) => one.pod.name === pod.name && one.pod.namespace === pod.namespace);

function speaksOfLock({ reason }: Trouble): boolean {
  return reason !== null && says.lockHeld.test(reason.text);
}

/** A volume for one node that the old pod has on another. */
const attachment: Find = ({ graph, workloads }, { workload, fresh, old }) => {
  const own = workloads.filter((one) => one === workload);
  const wait = mountEvents(graph, own).find((one) => one.pod.name === fresh.name);
  const event = wait?.events.find(({ message }) => /Multi-Attach|already (?:exclusively )?attached/i.test(message));
  const holder = old.find((pod) => pod.node !== fresh.node && sharedVolume(fresh, pod) !== null);
  const volume = holder ? sharedVolume(fresh, holder) : null;
  if (!event || !holder || !volume) return null;
  return {
    wants: `waits on node ${fresh.node} for the claim ${volume.name}, a volume for one node at a time`,
    has: `has it on node ${holder.node}`,
    holder,
    refs: [graph.eventRef(event), graph.fieldRef(holder.object, 'nodeName', holder.node)],
    ruledOut: 'a volume that is left over on a node that is gone: a ready pod uses it',
  };
};

/** What the scheduler says of the new pod. */
const place: Find = ({ graph }, stuck) => {
  const { workload, fresh } = stuck;
  if (fresh.node !== '') return null;
  const waiting = unscheduled(graph, [workload]).find((one) => one.pod.name === fresh.name);
  if (!waiting) return null;
  const { message, ref } = waiting;
  if (/ReadWriteOncePod access mode already in-use/.test(message)) return oncePod(stuck, ref);
  if (/free ports for the requested pod ports/.test(message)) return hostPort(graph, stuck, ref);
  return /anti-affinity/.test(message) ? apart(graph, stuck, ref) : null;
};

function oncePod({ fresh, old }: StuckRollout, ref: EvidenceRef | null): Contest | null {
  for (const holder of old) {
    const volume = sharedVolume(fresh, holder);
    if (volume)
      return {
        wants: `waits for the claim ${volume.name}, which one pod at a time may use (ReadWriteOncePod)`,
        has: 'uses it',
        holder,
        refs: [ref],
        ruledOut: 'free capacity: the message names the volume',
      };
  }
  return null;
}

function hostPort(
  graph: EvidenceGraph,
  { fresh, old, workload }: StuckRollout,
  ref: EvidenceRef | null,
): Contest | null {
  const wanted = hostPorts(fresh.object);
  const own = new Set(workload.pods.map((pod) => pod.name));
  const foreign = graph
    .all('Pod')
    .some(
      (pod) =>
        !(own.has(pod.metadata.name) && pod.metadata.namespace === fresh.namespace) &&
        textAt(pod, 'spec', 'nodeName') !== '' &&
        hostPorts(pod).some((port) => wanted.includes(port)),
    );
  const holder = old.find((pod) => hostPorts(pod.object).some((port) => wanted.includes(port)));
  const port = holder ? wanted.find((one) => hostPorts(holder.object).includes(one)) : undefined;
  if (foreign || !holder || port === undefined) return null;
  return {
    wants: `waits for a node where its hostPort ${port} is free`,
    has: `has that port on ${holder.node}`,
    holder,
    refs: [ref, graph.fieldRef(holder.object, 'hostPort', port), graph.fieldRef(fresh.object, 'hostPort', port)],
    ruledOut: 'another workload on that port: none that was read has it',
    oneByOne: true,
  };
}

/** With hostNetwork each port of a container is one of the host, and the API server writes it so. */
function hostPorts(pod: unknown): number[] {
  return listAt(pod, 'spec', 'containers').flatMap((container) =>
    listAt(container, 'ports').flatMap((port) => numberAt(port, 'hostPort') ?? []),
  );
}

/** One pod a node, and a pod on each: without a spare node none can be added before one goes. */
function apart(graph: EvidenceGraph, { fresh, old, workload }: StuckRollout, ref: EvidenceRef | null): Contest | null {
  const term = listAt(
    fresh.object,
    'spec',
    'affinity',
    'podAntiAffinity',
    'requiredDuringSchedulingIgnoredDuringExecution',
  ).find((one) => matchesSelector(recordAt(one, 'labelSelector'), fresh.object.metadata.labels ?? {}));
  const [holder] = old;
  const nodes = graph.all('Node').filter((node) => textAt(node, 'spec', 'unschedulable') !== 'true');
  // More replicas than places is no matter of the rollout.
  if (term === undefined || !holder || old.length < workload.desired || nodes.length < workload.desired) return null;
  const key = textAt(term, 'topologyKey');
  return {
    wants: `must not be where another pod of it is (required anti-affinity by ${key}) and finds no other place`,
    has: `is one of ${old.length} that have all of them`,
    holder,
    refs: [ref, graph.fieldRef(fresh.object, 'topologyKey', key)],
    ruledOut: `too many replicas: ${old.length} of ${workload.desired} old pods have their places`,
    oneByOne: true,
  };
}

/** The new pod gets ready when it leads, and the old one leads as long as it runs. */
function lease(view: RuleView, { fresh, old, workload }: StuckRollout): Contest | null {
  const { graph } = view;
  const log = graph.logsOf(fresh.namespace, fresh.name).find((one) => !one.previous);
  const lines = log?.text.split('\n').slice(-maxLines) ?? [];
  const at = lines.findLastIndex((line) => says.waitsToLead.test(line));
  const line = lines[at];
  if (!log || line === undefined || lines.slice(at + 1).some((one) => says.leads.test(one))) return null;
  const found = graph.all('Lease', workload.entity.namespace).flatMap((one) => {
    const by = textAt(one, 'spec', 'holderIdentity');
    const holder = old.find((pod) => by === pod.name || by.startsWith(`${pod.name}_`));
    return holder ? [{ one, by, holder }] : [];
  })[0];
  const holder = found?.holder ?? old[0];
  if (!holder) return null;
  return {
    wants: `is not ready before it leads ("${line.trim().slice(0, 160)}")`,
    has: found ? `holds the lease ${found.one.metadata.name}` : 'leads',
    holder,
    refs: [graph.ref(log.path, line), found ? graph.fieldRef(found.one, 'holderIdentity', found.by) : null],
    confidence: found ? 'high' : 'medium',
    weight: found ? 97 : 80,
    ruledOut: 'a leader that is gone: the old pod is ready',
  };
}

const maxLines = 400;

const contests: readonly Find[] = [lock, attachment, place, lease];
