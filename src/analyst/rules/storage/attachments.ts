import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { conditionAt, textAt } from '../../model/fields.ts';
import { claimsOf, type Mount, type Reader, short } from './mount-reading.ts';

/**
 * A volume that still counts as attached to another node, where no pod needs it there any more: what keeps it is the
 * attachment, which its driver cannot undo, or the node, which is gone.
 */
export function staleAttachment(mount: Mount): ReturnType<Reader> {
  const { graph, workload, pod, message } = mount;
  const attachment = attachmentElsewhere(mount);
  if (!attachment) return null;
  const name = textAt(attachment, 'spec', 'nodeName');
  const node = stateOf(graph, name);
  const refused = textAt(attachment, 'status', 'detachError', 'message');
  const leaving = attachment.metadata.deletionTimestamp;
  if (node.state === 'well' && refused === '') return null;
  const held = leaving !== undefined && (attachment.metadata.finalizers ?? []).length > 0;
  const since = leaving === undefined ? '' : `; it has been in deletion since ${leaving}`;
  const why = refused === '' ? '' : `, and its driver cannot detach it: ${short(refused)}`;
  return {
    entity: node.state === 'down' && !held ? { kind: 'Node', namespace: null, name } : entityOf(attachment),
    mechanism: held ? 'finalizer_stuck' : 'node_down',
    wrongValue: name,
    statement: `The volume of ${entityText(workload.entity)} still counts as attached to node ${name}${node.text}, so it is not attached to ${pod.node}: VolumeAttachment ${attachment.metadata.name} stays${since}${why}. The event says: ${short(message)}`,
    weight: 96,
    confidence: node.state === 'gone' && (held || refused !== '') ? 'high' : 'medium',
    ruledOut: [
      `another pod that uses it: none of those that were read mounts the claim on ${name}`,
      'image, settings and code: no container of the pod has started',
    ],
    todo:
      node.state === 'gone'
        ? `Make sure that the machine of ${name} is off or deleted; then take the finalizer from VolumeAttachment ${attachment.metadata.name}, so that the volume is attached to ${pod.node}`
        : `Look at the log of the driver ${textAt(attachment, 'spec', 'attacher')}: why it does not detach the volume from ${name}`,
    refs: [
      graph.fieldRef(attachment, 'nodeName', name),
      refused === '' ? null : graph.fieldRef(attachment, 'message', refused),
      leaving === undefined ? null : graph.fieldRef(attachment, 'deletionTimestamp', leaving),
      graph.absent('Node', null, name),
    ],
  };
}

/** The attachment of one of the pod's volumes to another node than its own. */
function attachmentElsewhere({ graph, pod }: Mount): KubeObject | null {
  const volumes = new Set(claimsOf(graph, pod).map((claim) => textAt(claim, 'spec', 'volumeName')));
  const found = graph
    .all('VolumeAttachment')
    .find(
      (attachment) =>
        volumes.has(textAt(attachment, 'spec', 'source', 'persistentVolumeName')) &&
        textAt(attachment, 'spec', 'nodeName') !== pod.node &&
        textAt(attachment, 'status', 'attached') === 'true',
    );
  return found ?? null;
}

function stateOf(graph: EvidenceGraph, name: string): { state: 'gone' | 'down' | 'well'; text: string } {
  const node = graph.get('Node', null, name);
  if (node && conditionAt(node, 'Ready', 'True') === undefined) return { state: 'down', text: ', which is not ready' };
  if (node || graph.absent('Node', null, name) === null) return { state: 'well', text: '' };
  return { state: 'gone', text: ', which does not exist any more' };
}
