import type { Mechanism } from '../../../domain/mechanism.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt, textAt } from '../../model/fields.ts';
import { type ContainerView, imageTag, type PodView, type Workload } from '../../model/workload.ts';
import { type Conclusion, conclusion, rollBack, type Rule, step } from '../rule.ts';

const pulling = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'RegistryUnavailable',
]);

interface Pull {
  readonly graph: EvidenceGraph;
  readonly workload: Workload;
  readonly pod: PodView;
  readonly container: ContainerView;
  /** All that the status and the events say about the pull. */
  readonly text: string;
  readonly refs: Conclusion['evidence'];
}

function pulls(graph: EvidenceGraph, workload: Workload): Pull[] {
  return workload.pods
    .filter((pod) => !pod.deleting)
    .flatMap((pod) =>
      pod.containers
        .filter((container) => pulling.has(container.waitingReason))
        .map((container) => pull(graph, workload, pod, container)),
    );
}

function pull(graph: EvidenceGraph, workload: Workload, pod: PodView, container: ContainerView): Pull {
  const events = graph
    .eventsOf(entityOf(pod.object))
    .filter((event) => event.warning && (event.message.includes(container.image) || /pull/i.test(event.reason)));
  const messages = [container.waitingMessage, ...events.map((event) => event.message)];
  const refs = [
    graph.fieldRef(pod.object, 'reason', container.waitingReason),
    graph.refIn(entityOf(pod.object), container.waitingMessage),
    ...events.slice(-3).map((event) => graph.eventRef(event)),
  ].filter((it) => it !== null);
  return { graph, workload, pod, container, text: messages.join('\n'), refs };
}

/** What a refused pull means, surest first. */
function explain(pull: Pull): Conclusion {
  const { text, container } = pull;
  if (container.waitingReason === 'InvalidImageName' || /invalid reference format|couldn't parse image/i.test(text)) {
    return ofWorkload(pull, 'image_name_invalid', container.image, 'is no valid image reference', 92);
  }
  if (container.waitingReason === 'ErrImageNeverPull') {
    return ofWorkload(
      pull,
      'image_pull_policy',
      container.image,
      'is not on the node and imagePullPolicy is Never',
      92,
    );
  }
  const secret = missingPullSecret(pull);
  if (secret) return secret;
  if (/\b(?:401|403)\b|unauthorized|denied|authentication required|no basic auth|insufficient_scope/i.test(text)) {
    return refused(pull);
  }
  if (/no match for platform|no matching manifest|exec format/i.test(text)) {
    return ofWorkload(pull, 'wrong_arch', container.image, 'has no build for the CPU architecture of the node', 90);
  }
  if (
    /not found|manifest unknown|does not exist|NotFound|404|name unknown/i.test(text) &&
    !/no such host/i.test(text)
  ) {
    return ofWorkload(pull, 'image_not_found', container.image, 'does not exist in its registry', 90);
  }
  if (
    /no such host|i\/o timeout|connection refused|no route to host|network is unreachable|TLS handshake|deadline exceeded|toomanyrequests|server misbehaving|dial tcp|x509|EOF/i.test(
      text,
    )
  ) {
    return unreachable(pull);
  }
  return { ...ofWorkload(pull, 'image_not_found', container.image, 'cannot be pulled', 60), confidence: 'low' };
}

function ofWorkload(pull: Pull, mechanism: Mechanism, value: string, what: string, weight: number): Conclusion {
  const { container, workload, graph } = pull;
  const rollback =
    workload.replicaSets.length > 1
      ? [rollBack(workload.entity, `Roll ${workload.entity.name} back to its revision before`)]
      : [];
  return conclusion(`image-${mechanism.replaceAll('_', '-')}`, {
    entity: workload.entity,
    mechanism,
    wrongValue: value,
    statement: `The image ${container.image} of container ${container.name} (${entityText(workload.entity)}) ${what}.`,
    weight,
    evidence: [...pull.refs, graph.fieldRef(pull.pod.object, 'image', container.image)],
    remediation: [
      step(
        `Correct the image of container ${container.name} (tag now: ${imageTag(container.image) || 'none'})`,
        `kubectl -n ${workload.entity.namespace} set image ${workload.entity.kind.toLowerCase()}/${workload.entity.name} ${container.name}=<image>`,
        'low',
      ),
      ...rollback,
    ],
  });
}

/** A pull secret that the pod names and that does not exist; only told when the pull was refused or it alone fails. */
function missingPullSecret(pull: Pull): Conclusion | null {
  const { graph, pod, workload, container } = pull;
  const named = [...pull.text.matchAll(/pull secrets? \(([^)]*)\)/g)].flatMap((match) => match[1]?.split(/, ?/) ?? []);
  for (const secret of listAt(pod.object, 'spec', 'imagePullSecrets')) {
    const name = textAt(secret, 'name');
    const absent = graph.absent('Secret', pod.namespace, name);
    const said = named.includes(name);
    if (name === '' || (!absent && !said)) continue;
    return conclusion('pull-secret-missing', {
      entity: { kind: 'Secret', namespace: pod.namespace, name },
      mechanism: 'image_auth',
      wrongValue: name,
      statement: `The imagePullSecret ${name} that ${entityText(workload.entity)} names does not exist, so the pull of ${container.image} is refused.`,
      weight: 94,
      evidence: [absent, ...pull.refs, graph.refIn(entityOf(pod.object), `"name": "${name}"`)],
      affects: [workload.entity],
      ruledOut: 'an image that does not exist: the registry refuses before it looks for it',
      remediation: step(
        `Create the pull secret ${name} in namespace ${pod.namespace}`,
        `kubectl -n ${pod.namespace} create secret docker-registry ${name} --docker-server=${registryOf(container.image)} --docker-username=<user> --docker-password=<password>`,
        'low',
      ),
    });
  }
  return null;
}

function refused(pull: Pull): Conclusion {
  const { pod } = pull;
  const names = listAt(pod.object, 'spec', 'imagePullSecrets').map((secret) => textAt(secret, 'name'));
  const what =
    names.length === 0
      ? 'is refused by its registry, and the pod names no imagePullSecret'
      : `is refused by its registry although the pod brings the imagePullSecret ${names.join(', ')}`;
  const found = ofWorkload(pull, 'image_auth', names[0] ?? registryOf(pull.container.image), what, 90);
  const [name] = names;
  return name === undefined
    ? found
    : { ...found, entity: { kind: 'Secret', namespace: pod.namespace, name }, affects: [pull.workload.entity] };
}

function unreachable(pull: Pull): Conclusion {
  const registry = registryOf(pull.container.image);
  const why = /lookup \S+.*no such host/i.test(pull.text)
    ? 'its name cannot be resolved from the node'
    : 'it does not answer';
  return ofWorkload(
    pull,
    'registry_unreachable',
    registry,
    `cannot be pulled: the registry ${registry} cannot be reached, ${why}`,
    91,
  );
}

function registryOf(image: string): string {
  const first = image.split('/')[0] ?? '';
  return image.includes('/') && /[.:]|^localhost$/.test(first) ? first : 'docker.io';
}

export const imageRules: readonly Rule[] = [
  {
    id: 'image-pull',
    catalogue: [20, 21, 22, 23, 24, 25],
    needs: 'a container that waits for its image, with the message of the pull',
    conclude: ({ graph, workloads }) =>
      workloads.flatMap((workload) => pulls(graph, workload).slice(0, 3).map(explain)),
  },
];
