import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { matchesSelector } from '../../../kube/selectors.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { dig, listAt, numberAt, textAt, textsAt } from '../../model/fields.ts';
import { containerPorts } from '../../model/services.ts';
import type { PodView } from '../../model/workload.ts';

type Direction = 'Ingress' | 'Egress';

/** A NetworkPolicy that keeps traffic away, and what it lacks. */
export interface Block {
  readonly policy: KubeObject;
  readonly direction: Direction;
  /** A clause: what it lets through instead. */
  readonly lets: string;
  /** The label or port that does not fit, as `key=value` or a number; null when the policy lets nothing through. */
  readonly wrong: string | null;
}

/** One side of a connection as a policy sees it. */
interface Peer {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ip: string;
}

/** A port of a pod by number, with the names that it has there. */
interface Port {
  readonly number: number;
  readonly names: readonly string[];
  readonly protocol: 'TCP' | 'UDP';
}

/** What keeps a pod from another one's port: the caller's policies for what goes out, the callee's for what comes in. */
export function blockBetween(
  graph: EvidenceGraph,
  caller: PodView,
  callee: PodView,
  port: number | null,
): Block | null {
  const names = containerPorts([callee])
    .filter((it) => it.port === port)
    .map((it) => it.name);
  const wanted: Port | null = port === null ? null : { number: port, names, protocol: 'TCP' };
  return (
    blocked(graph, caller, 'Egress', peerOf(callee), wanted) ??
    blocked(graph, callee, 'Ingress', peerOf(caller), wanted)
  );
}

/** What keeps a pod from the cluster's DNS. */
export function blockOfDns(graph: EvidenceGraph, caller: PodView): Block | null {
  const server = graph.all('Pod', 'kube-system').find((pod) => pod.metadata.labels?.['k8s-app'] === 'kube-dns');
  const labels = server?.metadata.labels ?? { 'k8s-app': 'kube-dns' };
  const peer: Peer = { namespace: 'kube-system', labels, ip: textAt(server, 'status', 'podIP') };
  return blocked(graph, caller, 'Egress', peer, { number: 53, names: ['dns'], protocol: 'UDP' });
}

/** What keeps a pod from an address outside the cluster: rules for pods let none out, and whose an address is, is not known. */
export function blockToOutside(graph: EvidenceGraph, caller: PodView, port: number | null): Block | null {
  const wanted: Port | null = port === null ? null : { number: port, names: [], protocol: 'TCP' };
  return blocked(graph, caller, 'Egress', null, wanted);
}

const peerOf = (pod: PodView): Peer => ({
  namespace: pod.namespace,
  labels: pod.object.metadata.labels ?? {},
  ip: textAt(pod.object, 'status', 'podIP'),
});

/** None of the policies that select a pod lets the traffic through: the one that comes nearest. Any that does is enough. */
function blocked(
  graph: EvidenceGraph,
  own: PodView,
  direction: Direction,
  peer: Peer | null,
  port: Port | null,
): Block | null {
  const policies = graph
    .all('NetworkPolicy', own.namespace)
    .filter((it) => matchesSelector(dig(it, 'spec', 'podSelector'), own.object.metadata.labels ?? {}))
    .filter((it) => isOfType(it, direction));
  const all = policies.flatMap((policy) => rulesOf(policy, direction).map((rule) => ({ policy, rule })));
  if (policies.length === 0) return null;
  const sides = all.map(({ policy, rule }) => ({
    policy,
    rule,
    fitsPeer:
      peersOf(rule, direction).length === 0 ||
      peersOf(rule, direction).some((it) => fits(graph, it, peer, own.namespace)),
    fitsPort: port === null || fitsPort(rule, port),
  }));
  if (sides.some((it) => it.fitsPeer && it.fitsPort)) return null;
  // A rule for DNS alone says nothing of what else was meant.
  const telling = sides.filter(({ rule }) => port?.number === 53 || !isForDns(rule));
  const near = telling.find((it) => it.fitsPeer) ?? telling.find((it) => it.fitsPort) ?? telling[0] ?? sides[0];
  const verb = direction === 'Ingress' ? 'from' : 'to';
  if (!near) {
    const [policy] = policies;
    return policy
      ? { policy, direction, lets: `lets nothing ${direction === 'Ingress' ? 'in' : 'out'}`, wrong: null }
      : null;
  }
  if (near.fitsPeer) {
    const ports = listAt(near.rule, 'ports').map((it) => textAt(it, 'port'));
    return {
      policy: near.policy,
      direction,
      lets: `lets only port ${ports.join(', ')} through`,
      wrong: ports[0] ?? null,
    };
  }
  const peers = peersOf(near.rule, direction);
  return {
    policy: near.policy,
    direction,
    lets: `lets traffic only ${verb} ${peers.map(peerText).join(' or ')}`,
    wrong: labelOf(peers[0]),
  };
}

const isForDns = (rule: unknown): boolean => {
  const ports = listAt(rule, 'ports');
  return ports.length > 0 && ports.every((it) => ['53', 'dns', 'dns-tcp'].includes(textAt(it, 'port')));
};

/** Without `policyTypes` a policy is one of ingress, and one of egress when it has such rules. */
function isOfType(policy: KubeObject, direction: Direction): boolean {
  const types = listAt(policy, 'spec', 'policyTypes');
  if (types.length > 0) return types.includes(direction);
  return direction === 'Ingress' || listAt(policy, 'spec', 'egress').length > 0;
}

const rulesOf = (policy: KubeObject, direction: Direction): readonly unknown[] =>
  listAt(policy, 'spec', direction === 'Ingress' ? 'ingress' : 'egress');

const peersOf = (rule: unknown, direction: Direction): readonly unknown[] =>
  listAt(rule, direction === 'Ingress' ? 'from' : 'to');

/** What cannot be decided (the address of a pod, the labels of a namespace that was not read) counts as let through. */
function fits(graph: EvidenceGraph, rule: unknown, peer: Peer | null, own: string): boolean {
  const block = dig(rule, 'ipBlock');
  if (peer === null) return block !== undefined;
  if (block !== undefined) return peer.ip === '' || inBlock(block, peer.ip);
  const namespaces = dig(rule, 'namespaceSelector');
  if (namespaces === undefined) {
    if (peer.namespace !== own) return false;
  } else {
    const namespace = graph.get('Namespace', null, peer.namespace);
    const isByName = JSON.stringify(namespaces).includes('kubernetes.io/metadata.name');
    const labels = { 'kubernetes.io/metadata.name': peer.namespace, ...namespace?.metadata.labels };
    if (!matchesSelector(namespaces, labels)) return namespace === null && !isByName;
  }
  return matchesSelector(dig(rule, 'podSelector'), peer.labels);
}

function fitsPort(rule: unknown, port: Port): boolean {
  const ports = listAt(rule, 'ports');
  return (
    ports.length === 0 ||
    ports.some((allowed) => {
      if ((textAt(allowed, 'protocol') || 'TCP') !== port.protocol) return false;
      const named = textAt(allowed, 'port');
      const first = numberAt(allowed, 'port') ?? Number(named);
      const last = numberAt(allowed, 'endPort') ?? first;
      return named === '' || port.names.includes(named) || (port.number >= first && port.number <= last);
    })
  );
}

function inBlock(block: unknown, ip: string): boolean {
  return isInCidr(textAt(block, 'cidr'), ip) && !listAt(block, 'except').some((it) => isInCidr(String(it), ip));
}

/** IPv4 only; anything else counts as inside. */
function isInCidr(cidr: string, ip: string): boolean {
  const [base = '', bits = ''] = cidr.split('/');
  const one = toNumber(ip);
  const other = toNumber(base);
  if (one === null || other === null) return true;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(one / size) === Math.floor(other / size);
}

function toNumber(ip: string): number | null {
  const parts = ip.split('.').map(Number);
  if (parts.length !== 4 || parts.some((it) => Number.isNaN(it))) return null;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

function labelsOf(selector: unknown): string[] {
  return Object.entries(textsAt(selector, 'matchLabels')).map(([key, value]) => `${key}=${value}`);
}

function peerText(peer: unknown): string {
  const cidr = textAt(peer, 'ipBlock', 'cidr');
  if (cidr !== '') return cidr;
  const pods = labelsOf(dig(peer, 'podSelector'));
  const namespaces = labelsOf(dig(peer, 'namespaceSelector'));
  const where =
    dig(peer, 'namespaceSelector') === undefined
      ? ' of its own namespace'
      : namespaces.length === 0
        ? ' of any namespace'
        : ` of namespaces with ${namespaces.join(',')}`;
  return `${pods.length === 0 ? 'pods' : `pods with ${pods.join(',')}`}${where}`;
}

const labelOf = (peer: unknown): string | null =>
  labelsOf(dig(peer, 'namespaceSelector'))[0] ??
  labelsOf(dig(peer, 'podSelector'))[0] ??
  (textAt(peer, 'ipBlock', 'cidr') || null);
