import type { Mechanism } from '../../../domain/verdict/mechanism.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import { listAt, recordAt, textAt } from '../../model/fields.ts';
import { type Conclusion, conclusion, step } from '../rule.ts';
import { type Pull, registryOf } from './pull.ts';

/** A pull secret that a pod names, as far as it was read. */
export interface PullSecret {
  readonly name: string;
  readonly object: KubeObject | null;
}

/** The pull secrets of a pod; the first that cannot work comes first. */
export function pullSecrets(pull: Pull): readonly PullSecret[] {
  const { graph, pod } = pull;
  return listAt(pod.object, 'spec', 'imagePullSecrets')
    .map((it) => textAt(it, 'name'))
    .filter((name) => name !== '')
    .map((name) => ({ name, object: graph.get('Secret', pod.namespace, name) }))
    .toSorted((a, b) => Number(defect(pull, b) !== null) - Number(defect(pull, a) !== null));
}

const types: ReadonlySet<string> = new Set(['kubernetes.io/dockerconfigjson', 'kubernetes.io/dockercfg']);

/** Why a Secret cannot help with the pull: a clause; null when nothing shows that. */
function defect({ container }: Pull, { object, name }: PullSecret): string | null {
  if (!object) return null;
  const type = textAt(object, 'type');
  const data = recordAt(object, 'data');
  if (type !== '' && !types.has(type)) return `Secret ${name} is of type ${type}, which is no pull secret`;
  const content = textAt(data, '.dockerconfigjson') || textAt(data, '.dockercfg');
  if (/no valid JSON/.test(content)) return `Secret ${name} holds no valid JSON`;
  const held = /logins for ([^;]*)/.exec(content)?.[1];
  const registry = registryOf(container.image);
  if (held === undefined || hosts(held).some((it) => it === registry || it.endsWith(`.${registry}`))) return null;
  return `Secret ${name} holds logins for ${held === '' ? 'no registry' : held}, not for ${registry}`;
}

/** Docker Hub is called by the address of its first index. */
const hosts = (held: string): string[] => held.split(', ').map((it) => (it === 'index.docker.io' ? 'docker.io' : it));

/** What is to be said of the pod's pull secrets when its pull is refused. */
export function pullSecretNote(pull: Pull, secrets: readonly PullSecret[]): string {
  const [first] = secrets;
  if (!first) return 'the pod names no imagePullSecret';
  return defect(pull, first) ?? `the pod brings the imagePullSecret ${secrets.map((it) => it.name).join(', ')}`;
}

/**
 * A pull secret that the pod names and that does not exist: the cause of a refusal, of a limit for pulls without a login,
 * and where nothing else is told.
 */
export function missingPullSecret(pull: Pull, mechanism: Mechanism | null): Conclusion | null {
  const { graph, pod, workload, container } = pull;
  const said = [...pull.text.matchAll(/pull secrets? \(([^)]*)\)/g)].flatMap((match) => match[1]?.split(/, ?/) ?? []);
  const missing = listAt(pod.object, 'spec', 'imagePullSecrets')
    .map((it) => textAt(it, 'name'))
    .find((name) => name !== '' && (said.includes(name) || graph.absent('Secret', pod.namespace, name) !== null));
  if (missing === undefined) return null;
  const limited = mechanism === 'pull_rate_limit';
  const other = graph
    .all('Secret')
    .find((it) => it.metadata.name === missing && it.metadata.namespace !== pod.namespace);
  const elsewhere = other
    ? ` A Secret of that name is in namespace ${other.metadata.namespace}; pods only use those of their own namespace.`
    : '';
  const effect = limited
    ? `so ${container.image} is pulled without a login and its registry's rate limit is reached (${pull.reason?.said ?? ''})`
    : `so the pull of ${container.image} is refused`;
  return conclusion('pull-secret-missing', {
    entity: { kind: 'Secret', namespace: pod.namespace, name: missing },
    mechanism: 'image_auth',
    wrongValue: missing,
    statement: `The imagePullSecret ${missing} that ${entityText(workload.entity)} names does not exist, ${effect}.${elsewhere}`,
    weight: 94,
    evidence: [
      graph.absent('Secret', pod.namespace, missing),
      ...pull.refs,
      graph.refIn(entityOf(pod.object), `"name": "${missing}"`),
    ],
    affects: [workload.entity],
    ruledOut: 'an image that does not exist: the registry refuses before it looks for it',
    remediation: step(
      `Create the pull secret ${missing} in namespace ${pod.namespace}`,
      `kubectl -n ${pod.namespace} create secret docker-registry ${missing} --docker-server=${registryOf(container.image)} --docker-username=<user> --docker-password=<password>`,
      'low',
    ),
  });
}
