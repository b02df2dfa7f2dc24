import { z } from 'zod';
import { type ContainerStatus, items, type Pod } from '../../../kube/objects.ts';
import { isSidecar } from './pod-status.ts';
import { isoOf, textsOf } from './results.ts';

const containerState = z.object({
  state: z.enum(['waiting', 'running', 'terminated', 'unknown']),
  reason: z.string().optional(),
  message: z.string().optional(),
  exit_code: z.int().optional(),
  signal: z.int().optional(),
  started: z.string().optional().describe('ISO 8601 UTC, as finished.'),
  finished: z.string().optional(),
});

export const containerItem = z.object({
  name: z.string(),
  kind: z.enum(['container', 'init', 'sidecar', 'ephemeral']),
  image: z.string(),
  image_id: z.string().optional(),
  ready: z.boolean(),
  restarts: z.int(),
  state: containerState,
  last_state: containerState.optional().describe('How its run before ended.'),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  ports: z.array(z.string()).describe('As 8080/TCP.'),
  probes: z.array(z.string()).describe('As kubectl describes them: liveness http-get http://:8080/healthz delay=0s …'),
  resources: z.object({ requests: z.record(z.string(), z.string()), limits: z.record(z.string(), z.string()) }),
  env: z
    .array(z.object({ name: z.string(), from: z.string().optional() }))
    .describe('Names of environment variables, and where their values come from; never the values.'),
  env_from: z.array(z.string()).describe('What all keys are taken of: ConfigMap/settings, Secret/db.'),
  mounts: z.array(z.object({ path: z.string(), volume: z.string(), read_only: z.boolean() })),
});

type ContainerItem = z.infer<typeof containerItem>;
type Container = NonNullable<NonNullable<NonNullable<Pod['spec']>['containers']>[number]>;

/** The containers of a pod in the order in which they start, ephemeral ones last. */
export function containersOf({ spec, status }: Pod): ContainerItem[] {
  const inits = items(spec?.initContainers).map((one) => [one, isSidecar(one) ? 'sidecar' : 'init'] as const);
  const mains = items(spec?.containers).map((one) => [one, 'container'] as const);
  const ephemeral = items(spec?.ephemeralContainers).map((one) => [one as Container, 'ephemeral'] as const);
  const statuses = [
    ...items(status?.initContainerStatuses),
    ...items(status?.containerStatuses),
    ...items(status?.ephemeralContainerStatuses),
  ];
  return [...inits, ...mains, ...ephemeral].map(([container, kind]) => {
    const found = statuses.find(({ name }) => name === container.name);
    return itemOf(container, kind, found);
  });
}

function itemOf(container: Container, kind: ContainerItem['kind'], status: ContainerStatus | undefined): ContainerItem {
  const last = stateOf(status?.lastState);
  return {
    name: container.name ?? '',
    kind,
    image: container.image ?? '',
    ...(status?.imageID ? { image_id: status.imageID } : {}),
    ready: status?.ready === true,
    restarts: status?.restartCount ?? 0,
    state: stateOf(status?.state),
    ...(last.state === 'unknown' ? {} : { last_state: last }),
    ...textList('command', container.command),
    ...textList('args', container.args),
    ports: items(container.ports).map(({ containerPort, protocol }) => `${containerPort ?? 0}/${protocol ?? 'TCP'}`),
    probes: probesOf(container),
    resources: {
      requests: textsOf(container.resources?.requests),
      limits: textsOf(container.resources?.limits),
    },
    env: items(container.env).map(variableOf),
    env_from: items(container.envFrom).flatMap(({ configMapRef, secretRef }) => {
      if (configMapRef?.name) return [`ConfigMap/${configMapRef.name}`];
      return secretRef?.name ? [`Secret/${secretRef.name}`] : [];
    }),
    mounts: items(container.volumeMounts).map(({ mountPath, name, readOnly }) => ({
      path: mountPath ?? '',
      volume: name ?? '',
      read_only: readOnly === true,
    })),
  };
}

function stateOf(state: ContainerStatus['state']): z.infer<typeof containerState> {
  if (state?.terminated) {
    const { reason, message, exitCode, signal, startedAt, finishedAt } = state.terminated;
    const words = { ...(reason ? { reason } : {}), ...(message ? { message } : {}) };
    const end = { exit_code: exitCode ?? 0, ...(signal ? { signal } : {}) };
    return {
      state: 'terminated',
      ...words,
      ...end,
      ...timeIn('started', startedAt),
      ...timeIn('finished', finishedAt),
    };
  }
  if (state?.running) return { state: 'running', ...timeIn('started', state.running.startedAt) };
  if (!state?.waiting) return { state: 'unknown' };
  const { reason, message } = state.waiting;
  return { state: 'waiting', ...(reason ? { reason } : {}), ...(message ? { message } : {}) };
}

function timeIn<Name extends string>(name: Name, text: unknown): Partial<Record<Name, string>> {
  const time = isoOf(text);
  return time === undefined ? {} : ({ [name]: time } as Record<Name, string>);
}

function textList<Name extends string>(name: Name, value: unknown): Partial<Record<Name, string[]>> {
  const texts = Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  return texts.length === 0 ? {} : ({ [name]: texts } as Record<Name, string[]>);
}

type Variable = NonNullable<NonNullable<Container['env']>[number]>;

function variableOf({ name, valueFrom }: Variable): { name: string; from?: string } {
  const from = sourceOf(valueFrom);
  return { name: name ?? '', ...(from === null ? {} : { from }) };
}

function sourceOf(source: Variable['valueFrom']): string | null {
  const { configMapKeyRef: map, secretKeyRef: secret, fieldRef: field, resourceFieldRef: resource } = source ?? {};
  if (map) return `ConfigMap/${map.name ?? ''} key ${map.key ?? ''}`;
  if (secret) return `Secret/${secret.name ?? ''} key ${secret.key ?? ''}`;
  if (field) return `field ${field.fieldPath ?? ''}`;
  return resource ? `resource ${resource.resource ?? ''}` : null;
}

type Probe = NonNullable<Container['livenessProbe']>;

/** The probes of a container, each in a line as `kubectl describe` has it, with its kind before. */
function probesOf({ livenessProbe, readinessProbe, startupProbe }: Container): string[] {
  const kinds = { liveness: livenessProbe, readiness: readinessProbe, startup: startupProbe };
  return Object.entries(kinds).flatMap(([kind, probe]) => (probe ? [`${kind} ${probeText(probe)}`] : []));
}

function probeText(probe: Probe): string {
  const { initialDelaySeconds: delay = 0, timeoutSeconds: timeout = 0, periodSeconds: period = 0 } = probe;
  const { successThreshold: success = 0, failureThreshold: failure = 0 } = probe;
  return `${actionOf(probe)} delay=${delay}s timeout=${timeout}s period=${period}s #success=${success} #failure=${failure}`;
}

function actionOf({ exec, httpGet, tcpSocket, grpc }: Probe): string {
  if (exec) return `exec [${(exec.command ?? []).join(' ')}]`;
  if (httpGet) {
    const { scheme, host = '', port = '', path = '' } = httpGet;
    const folder = path === '' || path?.startsWith('/') ? path : `/${path}`;
    return `http-get ${(scheme ?? 'HTTP').toLowerCase()}://${host}:${String(port)}${folder}`;
  }
  if (tcpSocket) return `tcp-socket ${tcpSocket.host ?? ''}:${String(tcpSocket.port ?? '')}`;
  return grpc ? `grpc <pod>:${grpc.port ?? 0} ${grpc.service ?? ''}` : 'unknown';
}
