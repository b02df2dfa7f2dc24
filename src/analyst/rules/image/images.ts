import type { Mechanism } from '../../../domain/verdict/mechanism.ts';
import type { Entity } from '../../../domain/verdict/verdict.ts';
import { entityText } from '../../model/entities.ts';
import { listAt, textAt } from '../../model/fields.ts';
import { imageTag, type PodView } from '../../model/workload.ts';
import { type Conclusion, conclusion, rollBack, type Rule, type Step, step } from '../rule.ts';
import { type PullClass, pullMeanings } from './pull-classes.ts';
import { type Pull, pulls, registryOf, repositoryOf } from './pull.ts';
import { missingPullSecret, pullSecretNote, pullSecrets } from './pull-secrets.ts';

export const imageRules: readonly Rule[] = [
  {
    id: 'image-pull',
    catalogue: [20, 21, 22, 23, 24, 25],
    needs: 'a container that waits for its image, with the message of the pull',
    unless: 'a container of the same image was started on the same node, or the kubelet pulls again with success',
    conclude: ({ graph, workloads }) => workloads.flatMap((workload) => pulls(graph, workload).map(explain)),
  },
];

const mechanisms: Readonly<Record<PullClass, Mechanism>> = {
  invalid_name: 'image_name_invalid',
  never: 'image_pull_policy',
  kubelet_rate: 'pull_rate_limit',
  rate_limit: 'pull_rate_limit',
  node_disk: 'disk_full',
  platform: 'wrong_arch',
  old_format: 'other',
  signature: 'other',
  expired_login: 'image_auth',
  wrong_login: 'image_auth',
  hidden_or_missing: 'image_auth',
  login_needed: 'image_auth',
  no_right: 'image_auth',
  not_found: 'image_not_found',
  certificate_expired: 'cert_expired',
  certificate_name: 'registry_unreachable',
  certificate_unknown: 'registry_unreachable',
  plain_http: 'registry_unreachable',
  proxy: 'registry_unreachable',
  dns: 'registry_unreachable',
  refused: 'registry_unreachable',
  server_error: 'registry_unreachable',
  broken_off: 'registry_unreachable',
  no_answer: 'registry_unreachable',
};

/** What a refused pull means. */
function explain(pull: Pull): Conclusion {
  const kind = pull.reason?.class;
  const mechanism = kind === undefined ? null : mechanisms[kind];
  if (mechanism === null || mechanism === 'image_auth' || mechanism === 'pull_rate_limit') {
    const secret = missingPullSecret(pull, mechanism);
    if (secret) return secret;
  }
  if (kind === undefined || mechanism === null) return unsaid(pull);
  if (mechanism === 'image_auth') return refused(pull, kind);
  const value = wrongValue(pull, kind);
  const onNode = kind === 'node_disk' || kind === 'kubelet_rate';
  const entity: Entity = onNode && pull.pod.node !== '' ? nodeOf(pull.pod) : pull.workload.entity;
  const what = kind === 'platform' ? `${pullMeanings[kind]}${cpuOf(pull)}` : pullMeanings[kind];
  return told(pull, { entity, mechanism, value, what, kind });
}

function cpuOf({ graph, pod }: Pull): string {
  const node = graph.get('Node', null, pod.node);
  const cpu = node?.metadata.labels?.['kubernetes.io/arch'] ?? textAt(node, 'status', 'nodeInfo', 'architecture');
  return cpu === '' ? '' : ` (${pod.node}: ${cpu})`;
}

const nodeOf = (pod: PodView): Entity => ({ kind: 'Node', namespace: null, name: pod.node });

function unsaid(pull: Pull): Conclusion {
  const { workload, container } = pull;
  const lead = { entity: workload.entity, mechanism: 'image_not_found' as const, value: container.image };
  return {
    ...told(pull, { ...lead, what: 'cannot be pulled, and why is not told', kind: 'not_found' }),
    weight: 60,
    confidence: 'low',
  };
}

/** What is wrong, as it stands in the evidence. */
function wrongValue({ container, reason, text }: Pull, kind: PullClass): string {
  const said = reason?.said ?? '';
  if (kind === 'rate_limit') return /toomanyrequests/i.exec(text)?.[0] ?? said;
  if (['node_disk', 'old_format', 'signature', 'kubelet_rate'].includes(kind)) return said;
  if (kind === 'certificate_expired') {
    const date = /is after (\S+Z)/.exec(text)?.[1];
    if (date !== undefined) return date;
  }
  const own = ['invalid_name', 'never', 'platform', 'not_found'];
  return own.includes(kind) ? container.image : registryOf(container.image);
}

interface Told {
  readonly entity: Entity;
  readonly mechanism: Mechanism;
  readonly value: string;
  readonly what: string;
  readonly kind: PullClass;
}

function told(pull: Pull, { entity, mechanism, value, what, kind }: Told): Conclusion {
  const { container, pod, workload, graph, reason } = pull;
  const elsewhere = runningElsewhere(pull);
  const quoted = reason && !quiet.has(kind) ? ` ("${reason.quote || reason.said}")` : '';
  const also = elsewhere === null ? '' : ` Pod ${elsewhere.name} on node ${elsewhere.node} runs the same image.`;
  return conclusion(`image-${mechanism === 'other' ? kind : mechanism}`.replaceAll('_', '-'), {
    entity,
    mechanism,
    wrongValue: value,
    statement: `The image ${container.image} of container ${container.name} (${entityText(workload.entity)}) ${what.replace('{registry}', registryOf(container.image))}${quoted}.${also}`,
    weight: weightOf(mechanism),
    confidence: unsure.has(kind) ? 'medium' : 'high',
    evidence: [
      ...pull.refs,
      graph.fieldRef(pod.object, 'image', container.image),
      elsewhere ? graph.fieldRef(elsewhere.object, 'nodeName', elsewhere.node) : null,
    ],
    affects: [workload.entity],
    ruledOut: ruledOut(kind, elsewhere),
    remediation: [...todo(pull, kind), ...older(pull, mechanism)],
  });
}

const quiet: ReadonlySet<PullClass> = new Set(['invalid_name', 'never', 'not_found', 'no_answer']);
/** What may be over by itself, or has two meanings. */
const unsure: ReadonlySet<PullClass> = new Set(['kubelet_rate', 'hidden_or_missing', 'broken_off']);

const weightOf = (mechanism: Mechanism): number =>
  mechanism === 'registry_unreachable' || mechanism === 'pull_rate_limit'
    ? 91
    : mechanism.startsWith('image_name') || mechanism === 'image_pull_policy'
      ? 92
      : 90;

/** A ready pod of the workload that runs the very image. */
function runningElsewhere({ workload, pod, container }: Pull): PodView | null {
  const found = workload.pods
    .slice(0, 50)
    .find((it) => it.name !== pod.name && it.ready && it.containers.some((one) => one.image === container.image));
  return found ?? null;
}

function ruledOut(kind: PullClass, elsewhere: PodView | null): string[] {
  const out: string[] = [];
  const mechanism = mechanisms[kind];
  if (mechanism === 'pull_rate_limit')
    out.push('a wrong name or tag, and the network: the registry answers, with its limit');
  if (mechanism === 'registry_unreachable') out.push('name and tag of the image: the request did not get that far');
  if (mechanism === 'image_not_found')
    out.push('the network and the login: the registry answers that it has no such image');
  if (elsewhere && mechanism !== 'image_not_found') out.push(`an image that does not exist: ${elsewhere.name} runs it`);
  return out;
}

const older = ({ workload }: Pull, mechanism: Mechanism): Step[] =>
  workload.replicaSets.length > 1 &&
  ['image_not_found', 'image_name_invalid', 'wrong_arch', 'other'].includes(mechanism)
    ? [rollBack(workload.entity, `Roll ${workload.entity.name} back to its revision before`)]
    : [];

function todo(pull: Pull, kind: PullClass): Step[] {
  const { container, pod } = pull;
  const registry = registryOf(container.image);
  const look = `kubectl describe node ${pod.node}`;
  const mechanism = mechanisms[kind];
  if (kind === 'kubelet_rate')
    return [step(`Wait; when it stays, raise registryPullQPS of the kubelet on ${pod.node}`, null, 'none')];
  if (mechanism === 'pull_rate_limit')
    return [
      step(
        `Pull from ${registry} with an account (an imagePullSecret), or from a mirror or cache of your own`,
        null,
        'low',
      ),
      step('Or wait until the limit is over: the kubelet tries again by itself', null, 'none'),
    ];
  if (mechanism === 'disk_full') return [step(`Free space on ${pod.node}: unused images, logs, volumes`, look, 'none')];
  if (mechanism === 'cert_expired')
    return [
      step(`Renew the certificate of ${registry}; when it is not over, look at the clock of ${pod.node}`, null, 'low'),
    ];
  if (mechanism === 'registry_unreachable')
    return [step(wayTodo[kind] ?? `Look at the way from ${pod.node || 'the node'} to ${registry}`, look, 'none')];
  const tag = imageTag(container.image) || 'none';
  return [setImage(pull, otherTodo[kind] ?? `Correct the image of container ${container.name} (tag now: ${tag})`)];
}

const wayTodo: Partial<Record<PullClass, string>> = {
  certificate_name:
    'Use the name in the image that stands in the certificate, or a certificate for the name that is used',
  certificate_unknown:
    'Give the container runtime of the nodes the CA of the registry (containerd: certs.d; CRI-O, Docker: certs.d too)',
  plain_http: 'Give the registry TLS, or tell the container runtime of the nodes that this registry speaks plain HTTP',
  proxy:
    'Correct the proxy settings of the container runtime on the node (HTTPS_PROXY, NO_PROXY) or the login to the proxy',
  dns: 'Correct the name of the registry in the image, or the name resolution of the node (not that of the cluster)',
  server_error: 'Look at the registry itself: it answers, and fails',
};

const otherTodo: Partial<Record<PullClass, string>> = {
  platform: 'Build the image for the CPU of the node, or pin the pods to nodes that fit',
  never: 'Put the image on the node, or let imagePullPolicy be IfNotPresent',
  old_format: 'Push the image again with a current tool, in the OCI or Docker v2 format',
  signature: 'Sign the image, or use one that the policy of the node takes',
};

function setImage({ container, workload }: Pull, action: string): Step {
  const { kind, name, namespace } = workload.entity;
  return step(
    action,
    `kubectl -n ${namespace} set image ${kind.toLowerCase()}/${name} ${container.name}=<image>`,
    'low',
  );
}

/** The registry says no. */
function refused(pull: Pull, kind: PullClass): Conclusion {
  const { container, pod, workload } = pull;
  const other = kind === 'hidden_or_missing' ? otherRepository(pull) : null;
  if (other !== null) {
    const what = `is refused by its registry, which says so of repositories that do not exist too; a revision that ran pulled ${other}`;
    const found = told(pull, {
      entity: workload.entity,
      mechanism: 'image_not_found',
      value: container.image,
      what,
      kind: 'not_found',
    });
    return { ...found, confidence: 'medium', ruledOut: [] };
  }
  const secrets = pullSecrets(pull);
  const [first] = secrets;
  const what = `${pullMeanings[kind]}; ${pullSecretNote(pull, secrets)}`;
  const entity = first ? { kind: 'Secret', namespace: pod.namespace, name: first.name } : workload.entity;
  const found = told(pull, {
    entity,
    mechanism: 'image_auth',
    value: first?.name ?? registryOf(container.image),
    what,
    kind,
  });
  return { ...found, remediation: [authTodo(pull, first?.name ?? null, kind)] };
}

/** The repository that an older revision of the workload pulled and ran, when it is another one. */
function otherRepository({ workload, container }: Pull): string | null {
  for (const set of workload.replicaSets.slice(1, 6)) {
    const spec = listAt(set, 'spec', 'template', 'spec', 'containers').find(
      (it) => textAt(it, 'name') === container.name,
    );
    const image = textAt(spec, 'image');
    if (image !== '') return repositoryOf(image) === repositoryOf(container.image) ? null : image;
  }
  return null;
}

function authTodo({ container, pod, workload }: Pull, secret: string | null, kind: PullClass): Step {
  const registry = registryOf(container.image);
  const create = (name: string): string =>
    `kubectl -n ${pod.namespace} create secret docker-registry ${name} --docker-server=${registry} --docker-username=<user> --docker-password=<password>`;
  if (secret !== null)
    return {
      ...step(
        `${kind === 'expired_login' ? 'Renew' : 'Correct'} the login for ${registry} in Secret ${secret}: put the new one over the old`,
        `${create(secret)} --dry-run=client -o yaml | kubectl apply -f -`,
        'low',
      ),
      undo: `keep it before: kubectl -n ${pod.namespace} get secret ${secret} -o yaml; apply that again, without its resourceVersion and uid`,
    };
  return step(
    `Make a pull secret for ${registry} and name it under imagePullSecrets of ${workload.entity.name} or its ServiceAccount (or correct the image when it is not private)`,
    create('<name>'),
    'low',
  );
}
