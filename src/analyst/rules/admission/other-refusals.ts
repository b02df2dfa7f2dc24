import { entityText } from '../../model/entities.ts';
import { recordAt, textAt } from '../../model/fields.ts';
import { type Conclusion, conclusion, edit, step } from '../rule.ts';
import type { Refusal } from './webhook-call.ts';

/*
 * Refusals of pods that are neither quota, limit, webhook, Pod Security nor account: each by the words in which the API
 * server tells it.
 */

/** The first reading that fits, surest first. */
export function otherRefusal(refusal: Refusal): Conclusion | null {
  for (const read of [invalid, priorityClass, runtimeClass, contextConstraint, terminating, unreadable]) {
    const found = read(refusal);
    if (found) return found;
  }
  return null;
}

/** The message without what comes before the object's own words, on one line. */
function said({ text }: Refusal): string {
  const own = /(?:is forbidden|is invalid): ([\s\S]+)$/.exec(text)?.[1] ?? text.replace(/^Error creating: /, '');
  return own.replace(/\s+/g, ' ').trim().slice(0, 300);
}

/** A pod that does not pass the checks of its form. */
function invalid(refusal: Refusal): Conclusion | null {
  const { text, workload } = refusal;
  const match =
    /is invalid: \[?([\w.[\]'"/-]+): (Invalid value|Forbidden|Required value|Not found|Duplicate value|Unsupported value|Too long)(?:: "?([^":]+)"?)?/.exec(
      text,
    );
  // Which limit is meant, of the pod or of a default, is another rule's to tell.
  if (!match || match[1]?.endsWith('resources.requests') === true) return null;
  const [, field = '', , value] = match;
  return conclusion('pod-invalid', {
    entity: workload.entity,
    mechanism: 'bad_config_value',
    wrongValue: value?.trim() ?? field,
    statement: `The pods of ${entityText(workload.entity)} are invalid, so none is created: ${said(refusal)}`,
    weight: 93,
    evidence: [refusal.ref],
    ruledOut: 'quota, capacity and webhooks: the form of the pod is refused',
    remediation: edit(`Correct ${field} in the pod template of ${workload.entity.name}`, workload.entity),
  });
}

function priorityClass(refusal: Refusal): Conclusion | null {
  const { graph, text, workload } = refusal;
  const name = /no PriorityClass with name ([\w.-]+) was found/.exec(text)?.[1];
  if (name === undefined) return null;
  const absent = graph.absent('PriorityClass', null, name);
  return conclusion('priority-class-missing', {
    entity: absent ? { kind: 'PriorityClass', namespace: null, name } : workload.entity,
    mechanism: 'dependency_missing',
    wrongValue: name,
    statement: `${entityText(workload.entity)} names the PriorityClass ${name}, which does not exist, so no pod is created.`,
    weight: 95,
    evidence: [refusal.ref, absent, graph.refIn(workload.entity, `"priorityClassName": "${name}"`)],
    affects: [workload.entity],
    remediation: edit(
      `Create the PriorityClass ${name}, or correct priorityClassName of ${workload.entity.name}`,
      workload.entity,
    ),
  });
}

function runtimeClass(refusal: Refusal): Conclusion | null {
  const { graph, text, workload } = refusal;
  const name = /RuntimeClass "?([\w.-]+)"? (?:does )?not (?:found|exist)/i.exec(text)?.[1];
  if (name === undefined) return null;
  return conclusion('runtime-class-missing', {
    entity: workload.entity,
    mechanism: 'dependency_missing',
    wrongValue: name,
    statement: `${entityText(workload.entity)} names the RuntimeClass ${name}, which does not exist, so no pod is created.`,
    weight: 95,
    evidence: [refusal.ref, graph.refIn(workload.entity, `"runtimeClassName": "${name}"`)],
    remediation: edit(
      `Create the RuntimeClass ${name}, or correct runtimeClassName of ${workload.entity.name}`,
      workload.entity,
    ),
  });
}

/** OpenShift's counterpart of Pod Security: each constraint that the account may use is listed with its objection. */
function contextConstraint(refusal: Refusal): Conclusion | null {
  const { text, workload } = refusal;
  if (!/unable to validate against any (?:pod security policy|security context constraint)/.test(text)) return null;
  const field =
    /\.(runAsUser|fsGroup|privileged|capabilities\.add|hostNetwork|hostPath|hostPort|hostPID|allowPrivilegeEscalation|seLinuxOptions)\b/.exec(
      text,
    )?.[1];
  const account = textAt(workload.template, 'serviceAccountName') || 'default';
  return conclusion('context-constraint', {
    entity: workload.entity,
    mechanism: 'pod_security',
    wrongValue: field ?? 'security context constraint',
    statement: `No security context constraint that ServiceAccount ${account} may use lets the pods of ${entityText(workload.entity)} in: ${said(refusal)}`,
    weight: 94,
    evidence: [refusal.ref],
    ruledOut: 'quota and capacity: the pod is refused for what it asks to be',
    remediation: edit(
      `Give the pods of ${workload.entity.name} a security context that fits, or let ServiceAccount ${account} use a constraint that allows it`,
      workload.entity,
    ),
  });
}

function terminating(refusal: Refusal): Conclusion | null {
  const { graph, text, workload } = refusal;
  const name = /unable to create new content in namespace (\S+) because it is being terminated/.exec(text)?.[1];
  if (name === undefined) return null;
  const entity = { kind: 'Namespace', namespace: null, name };
  return conclusion('namespace-terminating', {
    entity,
    mechanism: 'other',
    wrongValue: 'Terminating',
    statement: `Namespace ${name} is being deleted, so nothing new is created in it: ${entityText(workload.entity)} gets no pod.`,
    weight: 88,
    evidence: [refusal.ref, graph.refIn(entity, '"deletionTimestamp"'), graph.refIn(entity, '"phase": "Terminating"')],
    affects: [workload.entity],
    remediation: step(
      `See who deleted namespace ${name} and whether it was meant`,
      `kubectl get namespace ${name} -o yaml`,
      'none',
    ),
  });
}

/** What no reading fits is told in the API server's own words. */
function unreadable(refusal: Refusal): Conclusion | null {
  const { workload } = refusal;
  const status = recordAt(workload.object, 'status');
  return conclusion('pod-refused', {
    entity: workload.entity,
    mechanism: 'other',
    wrongValue: null,
    statement: `The API server lets no pod of ${entityText(workload.entity)} in (${textAt(status, 'readyReplicas') || '0'} ready): ${said(refusal)}`,
    weight: 70,
    confidence: 'medium',
    evidence: [refusal.ref],
    ruledOut: 'the capacity of the nodes: the scheduler has seen no pod',
    remediation: step(
      `Read what the API server says of the pods of ${workload.entity.name}`,
      `kubectl -n ${workload.entity.namespace} get events --field-selector reason=FailedCreate`,
      'none',
    ),
  });
}
