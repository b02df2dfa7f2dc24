import { isIP } from 'node:net';
import type { ObjectRef } from '../../domain/fault.ts';
import { kindFacts, kindNamed, type Kind } from '../../kube/kinds.ts';
import { printable, truncate } from '../../lib/text.ts';

type Labels = ReadonlyMap<string, string>;

/** A rule of the configuration: which label names an object of which kind. */
export interface ObjectRule {
  /** Only alerts of this name; null for all. */
  readonly alertname: string | null;
  readonly kind: string;
  readonly nameLabel: string;
  readonly namespaceLabel: string;
}

/** The object that an alert is about, and the container of a pod (else empty). */
export interface AlertObject {
  readonly resource: ObjectRef;
  readonly container: string;
}

/** Labels that name an object of a kind, those of kube-state-metrics first. */
const nameLabels: ReadonlyMap<Kind, readonly string[]> = new Map<Kind, readonly string[]>([
  ['Deployment', ['deployment']],
  ['StatefulSet', ['statefulset']],
  ['DaemonSet', ['daemonset']],
  ['ReplicaSet', ['replicaset']],
  ['CronJob', ['cronjob']],
  ['Job', ['job_name']],
  ['PersistentVolumeClaim', ['persistentvolumeclaim']],
  ['HorizontalPodAutoscaler', ['horizontalpodautoscaler', 'hpa']],
  ['PodDisruptionBudget', ['poddisruptionbudget']],
  ['Ingress', ['ingress']],
  ['PersistentVolume', ['persistentvolume']],
  ['Pod', ['pod', 'pod_name']],
  ['Node', ['node', 'nodename', 'kubernetes_node', 'instance']],
  ['Service', ['service']],
]);

/** In this order the labels of an alert that nobody knows are looked at. */
const order = [...nameLabels.keys()];

/** Whose own pod, container and service stand in the labels of what it tells of others. */
const exporters = /^(?:.*-)?(?:kube-state-metrics|node-exporter)$/;

/**
 * The object that the labels of an alert name: by the rules of the configuration, by the kind that is known of the alert
 * (`expected`), by kube-state-metrics' labels, else the namespace. An alert that names nothing is about the cluster, and
 * its object is the namespace kube-system, where what serves the cluster runs.
 */
export function alertObject(
  labels: Labels,
  { alertname, expected, rules }: { alertname: string; expected: Kind | null; rules: readonly ObjectRule[] },
): AlertObject {
  return (
    byRules(labels, alertname, rules) ??
    (expected === null ? null : ofKind(labels, expected, true)) ??
    byLabels(labels) ??
    place('Namespace', null, namespaceOf(labels) ?? 'kube-system')
  );
}

function byRules(labels: Labels, alertname: string, rules: readonly ObjectRule[]): AlertObject | null {
  for (const rule of rules) {
    if (rule.alertname !== null && rule.alertname !== alertname) continue;
    const name = labels.get(rule.nameLabel);
    if (name === undefined) continue;
    const kind = kindNamed(rule.kind)?.kind ?? rule.kind;
    const object = place(kind, labels.get(rule.namespaceLabel) ?? null, kind === 'Node' ? hostOf(name) : name);
    if (isWhole(object.resource)) return object;
  }
  return null;
}

function byLabels(labels: Labels): AlertObject | null {
  for (const kind of order) {
    const object = ofKind(labels, kind, false);
    if (object !== null) return object;
  }
  return null;
}

/** The object of this kind that the labels name. Unless it is `expected`, labels of the exporter itself name nothing. */
function ofKind(labels: Labels, kind: Kind, expected: boolean): AlertObject | null {
  if (!expected && (kind === 'Pod' || kind === 'Service') && isOfExporter(labels)) return null;
  const names = kind === 'APIService' ? ['name'] : (nameLabels.get(kind) ?? []);
  for (const label of names) {
    const name = read(labels, label);
    if (name === null) continue;
    if (kind === 'Node' && label === 'instance' && !(expected && isNodeName(hostOf(name)))) continue;
    const object = place(kind, namespaceOf(labels), kind === 'Node' ? hostOf(name) : name);
    if (!isWhole(object.resource)) continue;
    return kind === 'Pod' ? { ...object, container: text(read(labels, 'container') ?? '', 253) } : object;
  }
  return null;
}

/** A scrape that does not honour labels calls the object's own `exported_pod`, and `pod` is the exporter. */
function read(labels: Labels, name: string): string | null {
  return labels.get(`exported_${name}`) ?? labels.get(name) ?? null;
}

function namespaceOf(labels: Labels): string | null {
  return read(labels, 'namespace') ?? labels.get('kubernetes_namespace') ?? null;
}

function isOfExporter(labels: Labels): boolean {
  if (labels.has('exported_pod')) return false;
  return exporters.test(labels.get('container') ?? '') || exporters.test(labels.get('job') ?? '');
}

function place(kind: string, namespace: string | null, name: string): AlertObject {
  const facts = kindFacts(kind);
  const scope = facts?.namespaced === false || namespace === null ? null : text(namespace, 253) || null;
  const resource = {
    apiVersion: facts?.apiVersion ?? '',
    kind: text(kind, 100),
    namespace: scope,
    name: text(name, 300),
    uid: null,
  };
  return { resource, container: '' };
}

/** Something is named, and where it is, when it is anywhere. */
function isWhole({ kind, namespace, name }: ObjectRef): boolean {
  return /[^\ufffd\s]/.test(name) && (namespace !== null || kindFacts(kind)?.namespaced !== true);
}

/** `node-1:9100` and `[::1]:9100` without the port. */
function hostOf(name: string): string {
  return name.replace(/^(\[[^\]]*\]|[^:]*):\d{1,5}$/, '$1');
}

/** An address is no node's name. */
function isNodeName(host: string): boolean {
  return isIP(host.replace(/^\[(.*)\]$/, '$1')) === 0;
}

function text(foreign: string, max: number): string {
  return truncate(
    printable(foreign.slice(0, max + 1))
      .replace(/\s+/g, ' ')
      .trim(),
    max,
  );
}
