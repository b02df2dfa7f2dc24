import type { Entity } from '../../../domain/verdict/verdict.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { textAt } from '../../model/fields.ts';
import { exitMeaning } from '../../signals/why-it-ended.ts';
import {
  cpuFeature,
  illegalInstruction,
  type KernelLimit,
  kernelLimits,
  limitNumber,
} from '../../model/process-words.ts';
import type { LogEntry } from '../../model/parse-log.ts';
import { endRefs, entryRef, entryThat, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Rule, type RuleView, step, where } from '../rule.ts';

/** What the node of a pod does not give: its kernel's limits, its CPU's instructions. */
export const nodeLimitRules: readonly Rule[] = [
  {
    id: 'node-limit',
    catalogue: [88, 89, 107],
    needs:
      'a log that says which limit of the kernel is reached or set too low; other pods of the same node that say the same',
    unless: 'the message is about space on a disk, or pods on other nodes fail in the same way',
    conclude: (view) => view.troubles.flatMap((it) => limitReached(view, it) ?? []),
  },
  {
    id: 'cpu-feature',
    catalogue: [24],
    needs: 'a log that names the CPU feature that is missing, or an end by SIGILL',
    unless: 'the program runs on another node with the same CPU, or it was OOMKilled',
    conclude: eachCrash(featureMissing),
  },
];

interface Limit {
  readonly limit: KernelLimit;
  readonly entry: LogEntry;
}

function limitOf(trouble: Trouble): Limit | null {
  if (trouble.kind === 'waits') return null;
  for (const limit of kernelLimits) {
    const entry = entryThat(trouble, limit.said);
    if (entry) return { limit, entry };
  }
  return null;
}

/** The same limit: one that counts for the whole node may show as plain "too many open files" elsewhere. */
const isSame = (a: KernelLimit, b: KernelLimit): boolean => familyOf(a) === familyOf(b);

const familyOf = ({ setting }: KernelLimit): string => setting.replace(/\.max_user_\w+$/, '');

function limitReached({ graph, troubles }: RuleView, trouble: Trouble): Conclusion | null {
  const found = limitOf(trouble);
  if (!found) return null;
  const { node } = trouble.pod;
  const peers = troubles
    .filter((it) => it !== trouble && it.pod.node === node && it.workload !== trouble.workload)
    .slice(0, 30)
    .flatMap((other) => {
      const limit = limitOf(other);
      return limit ? [{ other, limit }] : [];
    })
    .filter(({ limit }) => isSame(limit.limit, found.limit));
  const number =
    [found.entry, ...peers.map(({ limit }) => limit.entry)].map(numberIn).find((it) => it !== null) ?? null;
  const isNode = node !== '' && (found.limit.shared || peers.length > 0);
  const entity: Entity = isNode ? { kind: 'Node', namespace: null, name: node } : trouble.workload.entity;
  const harmed = [trouble, ...peers.map(({ other }) => other)].map((it) => it.workload.entity);
  const names = [...new Set(harmed.map(entityText))];
  const { setting } = found.limit;
  const holder = isNode ? `Node ${node}` : `The ${where(trouble)}`;
  const low = tooLow(found.entry);
  return conclusion('node-limit', {
    entity,
    mechanism: 'node_limit',
    wrongValue: number ?? (found.entry.message.includes(setting) ? setting : found.entry.message.slice(0, 200)),
    statement: `${holder} ${low ? setTooLow(found, number) : usedUp(found, number)}, so ${names.slice(0, 5).join(', ')} cannot work there: ${found.entry.message}`,
    weight: 95,
    confidence: found.limit.shared || peers.length > 0 ? 'high' : 'medium',
    evidence: [
      entryRef(graph, trouble, found.entry),
      ...peers.slice(0, 3).map(({ other, limit }) => entryRef(graph, other, limit.entry)),
      graph.refIn(entityOf(trouble.pod.object), `"nodeName": "${node}"`),
      ...endRefs(graph, trouble),
    ],
    affects: harmed,
    ruledOut: [
      ...(peers.length > 0 ? [`this program alone: others on node ${node} end for the same reason`] : []),
      low
        ? 'a limit that others use up: the setting itself is below what the program asks for'
        : 'the disk: it is a count of the kernel that is used up, not space',
    ],
    remediation: raise(found.limit, node, low),
  });
}

function numberIn({ message }: LogEntry): string | null {
  for (const form of limitNumber) {
    const found = form.exec(message)?.[1];
    if (found !== undefined) return found;
  }
  return null;
}

/** The program compares the setting with what it needs: nothing is used up. */
const tooLow = ({ message }: LogEntry): boolean =>
  /\btoo (?:low|small)\b|increase (?:\S+ )?to at least|(?:must|should|needs to) be (?:set to )?at least|below the (?:recommended|required)|recommended ?minimum/i.test(
    message,
  );

const usedUp = ({ limit }: Limit, number: string | null): string =>
  `has no ${limit.what} left (${limit.setting}${number === null ? '' : `, limit ${number}`})`;

function setTooLow({ limit, entry }: Limit, number: string | null): string {
  const asked = /(?:at least|minimum\w*|required)\W{0,6}(\d+)/i.exec(entry.message)?.[1];
  const numbers = [number ?? '', asked === undefined || asked === number ? '' : `at least ${asked} is asked for`];
  const shown = numbers.filter((part) => part !== '').join(', ');
  return `allows too few ${limit.what}: ${limit.setting} is set too low${shown === '' ? '' : ` (${shown})`}`;
}

function raise({ setting, shared }: KernelLimit, node: string, low: boolean) {
  if (!shared && low) {
    return step(
      `Raise ${setting} where it is set (container runtime, ulimit, kubelet podPidsLimit) on node ${node}`,
      `kubectl get pods -A -o wide --field-selector spec.nodeName=${node}`,
      'none',
    );
  }
  if (!shared) {
    return step(
      `Look for who uses so many on node ${node}, and raise the limit where it is set (kubelet podPidsLimit, container runtime, ulimit): ${setting}`,
      `kubectl get pods -A -o wide --field-selector spec.nodeName=${node}`,
      'none',
    );
  }
  return step(
    `Raise ${setting} on node ${node} (its sysctl settings); the pods that failed there start again by themselves`,
    `kubectl get pods -A -o wide --field-selector spec.nodeName=${node}`,
    'none',
  );
}

function featureMissing(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { container, end, pod, workload } = trouble;
  if (trouble.kind !== 'crash') return null;
  const named = namedFeature(trouble);
  const isStopped = end?.exitCode === 132;
  const entry = named?.entry ?? entryThat(trouble, illegalInstruction);
  if (!isStopped && !named && !entry) return null;
  const node = graph.get('Node', null, pod.node);
  const system = textAt(node, 'status', 'nodeInfo', 'architecture');
  const feature = named === null ? 'an instruction that it does not know' : named.feature;
  return conclusion('cpu-feature', {
    entity: workload.entity,
    mechanism: 'cpu_feature',
    wrongValue: container.image,
    statement: `The image ${container.image} of the ${where(trouble)} needs ${feature} of the CPU, which node ${pod.node || '(unknown)'}${system === '' ? '' : ` (${system})`} does not have${isStopped ? `: it ended with exit code 132 (${exitMeaning(132)})` : ''}${entry ? `. It says: ${entry.message.trim()}` : '.'}`,
    weight: 94,
    confidence: named && (isStopped || trouble.reason?.line === named.entry.line) ? 'high' : 'medium',
    evidence: [
      entry ? entryRef(graph, trouble, entry) : null,
      graph.fieldRef(pod.object, 'image', container.image),
      graph.refIn(entityOf(pod.object), `"nodeName": "${pod.node}"`),
      ...endRefs(graph, trouble),
    ],
    ruledOut: [
      'another architecture: the program was started and ran',
      'out of memory: the container was not OOMKilled',
    ],
    remediation: edit(
      `Use a version of the image that does without ${feature}, or pin the pods to nodes that have it`,
      workload.entity,
    ),
  });
}

function namedFeature(trouble: Trouble): { readonly feature: string; readonly entry: LogEntry } | null {
  for (const form of cpuFeature) {
    const entry = entryThat(trouble, form);
    const feature = entry === null ? undefined : form.exec(`${entry.error}: ${entry.message}`)?.[1];
    if (entry && feature !== undefined) return { feature, entry };
  }
  return null;
}
