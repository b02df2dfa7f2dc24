import type { Pod } from '../../../kube/objects.ts';

type Container = NonNullable<NonNullable<NonNullable<Pod['spec']>['containers']>[number]>;
type Probe = NonNullable<Container['livenessProbe']>;

/** The probes of a container, each in a line as `kubectl describe` has it, with its kind before. */
export function probesOf({ livenessProbe, readinessProbe, startupProbe }: Container): string[] {
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
