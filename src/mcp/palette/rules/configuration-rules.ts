import { inlineSecrets } from './inline-secrets.ts';
import { below, type Container, containersOf, type Manifest, type PodSpec, podSpecOf } from './pod-specs.ts';

export const findingSeverities = ['critical', 'high', 'medium', 'low'] as const;
export type FindingSeverity = (typeof findingSeverities)[number];

/** Something that a rule has against a manifest. */
export interface Finding {
  readonly rule: string;
  readonly severity: FindingSeverity;
  /** KIND/NAMESPACE/NAME, without a namespace that is not given. */
  readonly resource: string;
  /** Document in which it is, from 0. */
  readonly document: number;
  /** Of the field in the document: `spec.template.spec.containers[0].image`. */
  readonly path: string;
  readonly message: string;
}

/** What a manifest is judged with. */
export interface ConfigurationContext {
  /** Everything that was given together: an autoscaler says how many replicas there are. */
  readonly all: readonly Manifest[];
  /** As the caller named it; null: by namespaces and labels. */
  readonly environment: string | null;
}

interface Objection {
  readonly path: string;
  readonly message: string;
}

interface ConfigurationRule {
  readonly id: string;
  readonly severity: FindingSeverity;
  readonly check: (manifest: Manifest, context: ConfigurationContext) => readonly Objection[];
}

/** Rules over what somebody wants to apply; pure, in the order in which findings are given. */
export const configurationRules: readonly ConfigurationRule[] = [
  { id: 'no-privileged', severity: 'critical', check: ofContainers(privileged) },
  { id: 'no-host-namespaces', severity: 'high', check: ofPods(hostNamespaces) },
  { id: 'run-as-non-root', severity: 'high', check: ofContainers(mayBeRoot) },
  { id: 'no-inline-secrets', severity: 'high', check: inlineSecrets },
  { id: 'require-resource-limits', severity: 'medium', check: ofContainers(noLimits) },
  { id: 'no-latest-tag', severity: 'medium', check: ofContainers(floatingImage) },
  { id: 'min-two-replicas-in-production', severity: 'medium', check: fewReplicas },
  { id: 'require-probes', severity: 'low', check: ofContainers(noProbes) },
];

/** All findings about manifests that were given together, by document, then by rule. */
export function checkManifests(all: readonly Manifest[], environment: string | null): readonly Finding[] {
  const context = { all, environment };
  return all.flatMap((manifest) =>
    configurationRules.flatMap(({ id, severity, check }) =>
      check(manifest, context).map(({ path, message }) => ({
        rule: id,
        severity,
        resource: resourceOf(manifest),
        document: manifest.document,
        path,
        message,
      })),
    ),
  );
}

/** KIND/NAMESPACE/NAME. */
export function resourceOf({ kind, namespace, name }: Manifest): string {
  return [kind, namespace, name].filter((part) => part !== null && part !== '').join('/');
}

function ofPods(check: (pod: PodSpec) => readonly Objection[]): ConfigurationRule['check'] {
  return (manifest) => {
    const pod = podSpecOf(manifest);
    return pod === null ? [] : check(pod);
  };
}

type ContainerCheck = (container: Container, pod: PodSpec, manifest: Manifest) => Objection | null;

function ofContainers(check: ContainerCheck): ConfigurationRule['check'] {
  return (manifest) => {
    const pod = podSpecOf(manifest);
    return pod === null ? [] : containersOf(pod).flatMap((container) => check(container, pod, manifest) ?? []);
  };
}

function privileged({ container, path, name }: Container): Objection | null {
  if (below(container, 'securityContext', 'privileged') !== true) return null;
  return {
    path: `${path}.securityContext.privileged`,
    message: `The container ${name} is privileged: it can do all that the node can.`,
  };
}

function hostNamespaces({ spec, path }: PodSpec): Objection[] {
  return ['hostNetwork', 'hostPID', 'hostIPC'].flatMap((key) =>
    spec[key] === true ? [{ path: `${path}.${key}`, message: `The pod shares a namespace of its node (${key}).` }] : [],
  );
}

/** What a container says of its user goes before what its pod says. */
function mayBeRoot({ container, path, name }: Container, { spec }: PodSpec): Objection | null {
  const own = below(container, 'securityContext');
  const shared = spec['securityContext'];
  const user = below(own, 'runAsUser') ?? below(shared, 'runAsUser');
  if (user === 0)
    return { path: `${path}.securityContext.runAsUser`, message: `The container ${name} runs as root (user 0).` };
  const nonRoot = below(own, 'runAsNonRoot') ?? below(shared, 'runAsNonRoot');
  if (nonRoot === true || (typeof user === 'number' && user > 0)) return null;
  const message = `The container ${name} may run as root: neither runAsNonRoot: true nor a user other than 0 is set.`;
  return { path: `${path}.securityContext.runAsNonRoot`, message };
}

/** Memory is what takes a node down; a limit of CPU only slows its own container. */
function noLimits({ container, path, name }: Container): Objection | null {
  if (below(container, 'resources', 'limits', 'memory') !== undefined) return null;
  return { path: `${path}.resources.limits`, message: `The container ${name} has no limit of memory.` };
}

function floatingImage({ container, path, name }: Container): Objection | null {
  const image = container['image'];
  // With a digest the tag is only a remark.
  if (typeof image !== 'string' || image === '' || image.includes('@')) return null;
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  if (tag !== undefined && tag !== 'latest') return null;
  const message = `The image of the container ${name} has ${tag === undefined ? 'no tag' : 'the tag latest'}: what runs changes by itself.`;
  return { path: `${path}.image`, message };
}

/** Work that ends needs no probes. */
const ending = new Set(['Job', 'CronJob']);

function noProbes({ container, path, name, role }: Container, _pod: PodSpec, { kind }: Manifest): Objection | null {
  if (role === 'init' || ending.has(kind)) return null;
  const missing = ['readinessProbe', 'livenessProbe'].filter((probe) => below(container, probe) === undefined);
  if (missing.length === 0) return null;
  return { path: `${path}.${missing[0]}`, message: `The container ${name} has no ${missing.join(' and no ')}.` };
}

const replicated = new Set(['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController']);

function fewReplicas(manifest: Manifest, { all, environment }: ConfigurationContext): readonly Objection[] {
  const { object, kind, path } = manifest;
  if (!replicated.has(kind) || !isProduction(manifest, environment)) return [];
  const scaler = all.find((one) => scales(one, manifest));
  const [from, count] =
    scaler === undefined
      ? ['replicas', below(object, 'spec', 'replicas') ?? 1]
      : ['minReplicas of its autoscaler', below(scaler.object, 'spec', 'minReplicas') ?? 1];
  if (typeof count !== 'number' || count >= 2) return [];
  return [
    {
      path: `${path}spec.replicas`,
      message: `${kind} of production with one replica (${from}: ${count}): a lost node is an outage.`,
    },
  ];
}

function scales({ object, kind, namespace }: Manifest, target: Manifest): boolean {
  const ref = below(object, 'spec', 'scaleTargetRef');
  return (
    kind === 'HorizontalPodAutoscaler' &&
    namespace === target.namespace &&
    below(ref, 'kind') === target.kind &&
    below(ref, 'name') === target.name
  );
}

const production = /^(?:prod|production|prd|live)$/i;
const environmentLabels = /(?:^|\/)(?:env|environment|stage|tier)$/i;

function isProduction({ object, namespace }: Manifest, environment: string | null): boolean {
  if (environment !== null) return production.test(environment);
  if ((namespace ?? '').split(/[-_.]/).some((word) => production.test(word))) return true;
  const labels = Object.entries(below(object, 'metadata', 'labels') ?? {});
  return labels.some(
    ([key, value]) => environmentLabels.test(key) && typeof value === 'string' && production.test(value),
  );
}
