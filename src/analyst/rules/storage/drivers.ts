import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { ClusterEvent } from '../../model/evidence-graph.ts';
import { recordAt, textAt } from '../../model/fields.ts';
import { provisionerOf, secretNamespace } from '../../signals/node-parts.ts';
import { type Conclusion, conclusion, edit, step } from '../rule.ts';
import { type Claimed, className } from './claimed.ts';

/** The driver does not know what its class asks for. */
const refused =
  /InvalidArgument|invalid (?:parameter|option|value|argument|type|storage|disk)|unknown (?:parameter|key|option|disk type|type)|unsupported|not (?:a )?(?:valid|supported)|does not exist|not found|missing (?:required )?parameter/i;

/** What of its class or Secret keeps a driver from making a volume, or that it says nothing at all. */
export function driverOf(claimed: Claimed): Conclusion | null {
  const { view, claim } = claimed;
  const events = view.graph.eventsOf(entityOf(claim));
  const failed = events.findLast(({ reason }) => reason === 'ProvisioningFailed');
  const storage = view.graph.get('StorageClass', null, className(claim));
  if (!storage) return null;
  if (failed) {
    const secret = /secrets? "([^"]+)" not found/.exec(failed.message)?.[1];
    if (secret !== undefined) return secretMissing(claimed, storage, failed, secret);
    const parameter = wrongParameter(storage, failed.message);
    return parameter ? parameterRefused(claimed, storage, failed, parameter) : null;
  }
  const waits = events.findLast(({ reason }) => reason === 'ExternalProvisioning');
  return waits ? driverSilent(claimed, storage, waits) : null;
}

interface Parameter {
  readonly key: string;
  readonly value: string;
}

/** The parameter of the class that a message speaks of, by its value or its name. */
function wrongParameter(storage: KubeObject, message: string): Parameter | null {
  if (!refused.test(message)) return null;
  const parameters = Object.entries(recordAt(storage, 'parameters')).map(([key, value]) => ({
    key,
    value: String(value),
  }));
  const isNamed = (word: string): boolean =>
    word.length >= 3 &&
    new RegExp(`(?<![\\w-])${RegExp.escape(word)}(?![\\w-])`, 'i').test(message.replace(/StorageClass "[^"]*"/, ''));
  return parameters.find(({ value }) => isNamed(value)) ?? parameters.find(({ key }) => isNamed(key)) ?? null;
}

const waiting = ({ users }: Claimed): string => (users[0] ? `; ${entityText(users[0])} waits for it` : '');

function parameterRefused(
  claimed: Claimed,
  storage: KubeObject,
  event: ClusterEvent,
  { key, value }: Parameter,
): Conclusion {
  const { view, claim, users } = claimed;
  const entity = entityOf(storage);
  return conclusion('class-parameter', {
    entity,
    mechanism: 'other',
    wrongValue: value,
    statement: `StorageClass ${entity.name} asks for ${key} "${value}", which its driver ${textAt(storage, 'provisioner')} refuses, so claim ${claim.metadata.name} gets no volume: ${event.message}${waiting(claimed)}.`,
    weight: 95,
    evidence: [
      view.graph.eventRef(event),
      view.graph.fieldRef(storage, key, value),
      view.graph.fieldRef(claim, 'storageClassName', entity.name),
    ],
    affects: [entityOf(claim), ...users],
    ruledOut: 'free capacity of the nodes: the pod waits for its claim',
    remediation: step(
      `Make the class anew with a ${key} that the driver takes: parameters of a StorageClass cannot be edited`,
      `kubectl get storageclass ${entity.name} -o yaml`,
      'none',
    ),
  });
}

function secretMissing(claimed: Claimed, storage: KubeObject, event: ClusterEvent, name: string): Conclusion {
  const { view, claim, users } = claimed;
  const namespace = secretNamespace(storage, claim);
  return conclusion('provisioner-secret', {
    entity: { kind: 'Secret', namespace, name },
    mechanism: 'missing_secret',
    wrongValue: name,
    statement: `Secret ${namespace}/${name}, with which the driver of StorageClass ${className(claim)} signs in, does not exist, so claim ${claim.metadata.name} gets no volume${waiting(claimed)}.`,
    weight: 95,
    evidence: [view.graph.eventRef(event), view.graph.refIn(entityOf(storage), `"${name}"`)],
    affects: [entityOf(claim), ...users],
    remediation: step(
      `Create Secret ${name} in namespace ${namespace} again, from where it was deployed`,
      `kubectl -n ${namespace} get secrets`,
      'none',
    ),
  });
}

/** How long a driver may take before its silence says something. */
const patienceMs = 2 * 60_000;

/** The claim was handed to a driver from which nothing has come. */
function driverSilent(claimed: Claimed, storage: KubeObject, event: ClusterEvent): Conclusion | null {
  const { view, claim, users } = claimed;
  const { graph } = view;
  const driver = textAt(storage, 'provisioner');
  const since = Date.parse(claim.metadata.creationTimestamp ?? '');
  if (graph.eventsOf(entityOf(claim)).some(({ reason }) => reason === 'Provisioning') || graph.now - since < patienceMs)
    return null;
  const controller = provisionerOf(graph, driver);
  const workload = controller ? view.workloads.find(({ object }) => object === controller) : undefined;
  const ready = workload?.pods.filter((pod) => pod.ready).length ?? 0;
  const absent = graph.absent('CSIDriver', null, driver);
  if (controller ? ready > 0 : absent === null) return null;
  const entity = controller ? entityOf(controller) : entityOf(storage);
  return conclusion('driver-silent', {
    entity,
    mechanism: 'csi_driver_missing',
    wrongValue: driver,
    statement: `Claim ${claim.metadata.name} waits for the driver ${driver} of StorageClass ${storage.metadata.name}, and nothing has come from it since ${claim.metadata.creationTimestamp}: ${controller ? `${entityText(entity)}, which makes its volumes, has no ready pod` : 'no driver of that name is registered'}${waiting(claimed)}.`,
    weight: 94,
    confidence: controller || absent ? 'high' : 'medium',
    evidence: [
      graph.eventRef(event),
      graph.fieldRef(storage, 'provisioner', driver),
      absent,
      controller ? graph.refIn(entity, driver) : null,
    ],
    affects: [entityOf(claim), ...users, ...(controller ? [entity] : [])],
    ruledOut: 'a missing StorageClass: it exists',
    remediation: controller
      ? edit(`Mend ${entityText(entity)}`, entity, 'medium')
      : step(`Install the driver ${driver}, or use a class whose driver runs here`, 'kubectl get csidrivers', 'none'),
  });
}
