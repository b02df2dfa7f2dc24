import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

type Fields = Record<string, unknown>;
interface Probed {
  readonly probe: Fields;
  readonly said: string;
  readonly log?: string;
  readonly ready?: boolean;
  readonly kills?: boolean;
  readonly restarts?: number;
  readonly about?: string;
}

/** The cause of a Deployment whose container `app` (port 8080) fails one probe. */
async function probed(field: string, { probe, said, ...more }: Probed): Promise<string> {
  const cluster = new TestCluster();
  const pod = 'app-5d8f-abcde';
  const { ready = false, restarts = more.kills ? 1 : 0 } = more;
  const state = { running: { startedAt: '2026-01-01T10:00:05Z' } };
  cluster.deployment('ns', 'app', {
    ready,
    spec: {
      containers: [{ name: 'app', image: 'a:1', ports: [{ name: 'http', containerPort: 8080 }], [field]: probe }],
    },
    status: { phase: 'Running', containerStatuses: [{ name: 'app', ready, restartCount: restarts, state }] },
  });
  cluster.event('Pod', 'ns', more.about ?? pod, 'Unhealthy', said);
  if (more.kills) cluster.event('Pod', 'ns', pod, 'Killing', 'Container app failed liveness probe, will be restarted');
  if (more.log !== undefined) cluster.log('ns', pod, 'app', more.log);
  return causeOf(cluster, 'Deployment', 'ns', 'app');
}

const http = (port: number | string = 8080, path = '/healthz', fields: Fields = {}) => ({
  httpGet: { path, port },
  ...fields,
});
const says = (text: string, which = 'Readiness') => `${which} probe failed: ${text}`;
const status = (code: number, which?: string) => says(`HTTP probe failed with statuscode: ${code}`, which);
const dial = (port: number, which?: string) =>
  says(`Get "http://10.0.0.9:${port}/healthz": dial tcp 10.0.0.9:${port}: connect: connection refused`, which);
const late = (which?: string) =>
  says(
    'Get "http://10.0.0.9:8080/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    which,
  );
const is = (mechanism: string, value: string, confidence = 'high') =>
  `Deployment app ${mechanism} [${value}] ${confidence}`;

describe('QUA-1: a readiness probe that fails', () => {
  test.each<[string, Probed, string]>([
    ['404', { probe: http(), said: status(404) }, is('probe_wrong', '/healthz')],
    ['405', { probe: http(8080, '/up'), said: status(405) }, is('probe_wrong', '/up')],
    [
      '401, with the line of the application',
      { probe: http(), said: status(401), log: 'INFO GET /healthz 401' },
      is('probe_wrong', '/healthz'),
    ],
    [
      'another protocol',
      {
        probe: { httpGet: { path: '/h', port: 8080, scheme: 'HTTPS' } },
        said: says('Get "https://10.0.0.9:8080/h": http: server gave HTTP response to HTTPS client'),
      },
      is('probe_wrong', 'HTTPS'),
    ],
    [
      'a command that is not there',
      {
        probe: { exec: { command: ['pg_isredy'] } },
        said: says(
          'OCI runtime exec failed: exec failed: unable to start container process: exec: "pg_isredy": executable file not found in $PATH: unknown',
        ),
      },
      is('probe_wrong', 'pg_isredy'),
    ],
    [
      'a file that is not there',
      { probe: { exec: { command: ['cat', '/tmp/ready'] } }, said: says('cat: /tmp/ready: No such file or directory') },
      is('readiness_failing', '/', 'medium'),
    ],
    [
      'a port that the log denies',
      { probe: http(8081), said: dial(8081), log: 'INFO listening on :8080' },
      is('probe_wrong', '8081'),
    ],
    ['a port that the container does not declare', { probe: http(9090), said: dial(9090) }, is('probe_wrong', '9090')],
    ['a name that no port has', { probe: http('web'), said: dial(0) }, is('probe_wrong', 'web')],
    [
      'a TCP port',
      { probe: { tcpSocket: { port: 3306 } }, said: says('dial tcp 10.0.0.9:3306: connect: connection refused') },
      is('probe_wrong', '3306'),
    ],
    [
      'a gRPC port',
      {
        probe: { grpc: { port: 50052 } },
        said: says('timeout: failed to connect service "10.0.0.9:50052" within 1s: connection refused'),
      },
      is('probe_wrong', '50052'),
    ],
    [
      'the right port, and nobody listens',
      { probe: http(), said: dial(8080) },
      is('readiness_failing', '8080', 'medium'),
    ],
    [
      'the right port by its name',
      { probe: http('http'), said: dial(8080) },
      is('readiness_failing', 'http', 'medium'),
    ],
    [
      'too little time',
      { probe: http(8080, '/healthz', { timeoutSeconds: 1 }), said: late() },
      is('probe_aggressive', 'timeoutSeconds'),
    ],
    [
      '503, and the log says why',
      { probe: http(), said: status(503), log: 'WARN cache is cold' },
      is('readiness_failing', '503'),
    ],
    ['500, and the log is silent', { probe: http(), said: status(500) }, is('readiness_failing', '500', 'medium')],
    // What looks like it.
    ['the pod is ready again', { probe: http(), said: status(404), ready: true }, 'no fault'],
    ['the event is of another pod', { probe: http(), said: status(404), about: 'other-1' }, 'no cause'],
    ['another probe speaks', { probe: http(), said: status(404, 'Liveness') }, 'no cause'],
  ])('%s', async (_title, given, wanted) => {
    expect(await probed('readinessProbe', given)).toBe(wanted);
  });
});

describe('QUA-1: a probe that gets the container killed', () => {
  test.each<[string, string, Probed, string]>([
    [
      'liveness, before it is up',
      'livenessProbe',
      {
        probe: http(8080, '/healthz', { periodSeconds: 2, failureThreshold: 2 }),
        said: dial(8080, 'Liveness'),
        kills: true,
      },
      is('probe_aggressive', 'failureThreshold'),
    ],
    [
      'liveness, with a delay',
      'livenessProbe',
      { probe: http(8080, '/healthz', { initialDelaySeconds: 5 }), said: dial(8080, 'Liveness'), kills: true },
      is('probe_aggressive', 'initialDelaySeconds'),
    ],
    [
      'liveness, after more than a minute: a lead',
      'livenessProbe',
      {
        probe: http(8080, '/healthz', { initialDelaySeconds: 60, periodSeconds: 20 }),
        said: dial(8080, 'Liveness'),
        kills: true,
      },
      is('probe_aggressive', 'initialDelaySeconds', 'medium'),
    ],
    [
      'liveness, no answer in time',
      'livenessProbe',
      { probe: http(8080, '/healthz', { timeoutSeconds: 1 }), said: late('Liveness'), kills: true },
      is('probe_aggressive', 'timeoutSeconds'),
    ],
    [
      'liveness, a wrong path',
      'livenessProbe',
      { probe: http(), said: status(404, 'Liveness'), kills: true },
      is('probe_wrong', '/healthz'),
    ],
    [
      'startup, before it is up',
      'startupProbe',
      {
        probe: http(8080, '/healthz', { periodSeconds: 1, failureThreshold: 2 }),
        said: dial(8080, 'Startup'),
        kills: true,
      },
      is('probe_aggressive', 'failureThreshold'),
    ],
    ['nobody was killed for it', 'livenessProbe', { probe: http(), said: status(404, 'Liveness') }, 'no cause'],
    [
      'ready, killed once: over',
      'livenessProbe',
      { probe: http(), said: status(404, 'Liveness'), kills: true, ready: true },
      'no fault',
    ],
  ])('%s', async (_title, field, given, wanted) => {
    expect(await probed(field, given)).toBe(wanted);
  });
});
