import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { dial, exec, http, is, late, type Probed, probed, says, status } from './probed.ts';

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
      is('readiness_failing', '/tmp/ready', 'medium'),
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
      'no answer in time: a lead, as it may hang',
      { probe: http(8080, '/healthz', { timeoutSeconds: 1 }), said: late() },
      is('probe_aggressive', 'timeoutSeconds', 'medium'),
    ],
    [
      'no answer in time, and the log has slower ones',
      {
        probe: http(8080, '/healthz', { timeoutSeconds: 1 }),
        said: late(),
        log: 'INFO GET /healthz 200 in 20ms\nINFO GET /healthz 200 in 2.4s',
      },
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
      is('probe_aggressive', 'timeoutSeconds', 'medium'),
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

describe('QUA-1: a probe that does not fit what answers', () => {
  test.each<[string, Probed, string]>([
    // Rights.
    ['403: a lead', { probe: http(), said: status(403) }, is('probe_wrong', '/healthz', 'medium')],
    // gRPC.
    [
      'gRPC without the health service',
      {
        probe: { grpc: { port: 9000 } },
        said: says('error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown'),
      },
      is('probe_wrong', '9000'),
    ],
    [
      'gRPC, another service',
      {
        probe: { grpc: { port: 9000, service: 'app.Live' } },
        said: says('error: health rpc failed: rpc error: code = NotFound desc = unknown service'),
      },
      is('probe_wrong', 'app.Live'),
    ],
    [
      'gRPC that says no',
      {
        probe: { grpc: { port: 9000 } },
        said: says('service unhealthy (responded with "NOT_SERVING")'),
        log: 'WARN health: store is not connected',
      },
      is('readiness_failing', 'service unhealthy (responded with "NOT_SERVING")'),
    ],
    // Commands.
    [
      'a shell without the program',
      { probe: exec('sh', '-c', 'curl -f localhost:8080'), said: says('sh: curl: not found') },
      is('probe_wrong', 'curl'),
    ],
    [
      'a command that may not be run',
      {
        probe: exec('/probe.sh'),
        said: says(
          'OCI runtime exec failed: exec failed: unable to start container process: exec: "/probe.sh": permission denied: unknown',
        ),
      },
      is('probe_wrong', '/probe.sh'),
    ],
    [
      'a command that gets 404',
      {
        probe: exec('curl', '-f', 'http://localhost:8080/up'),
        said: says('curl: (22) The requested URL returned error: 404'),
      },
      is('probe_wrong', '/'),
    ],
    [
      'a command that says why',
      { probe: exec('check', '--all'), said: says('queue is 90 s behind') },
      is('readiness_failing', 'queue is 90 s behind', 'medium'),
    ],
    // Ports.
    [
      'the loopback address, in the words of Python',
      {
        probe: http(8000),
        said: dial(8000),
        log: 'INFO: Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)',
      },
      'Deployment app bad_config_value [127.0.0.1] high',
    ],
    [
      'the loopback address, in the words of .NET',
      { probe: http(5000), said: dial(5000), log: 'Now listening on: http://localhost:5000' },
      'Deployment app bad_config_value [localhost] high',
    ],
    [
      'the loopback address and the others',
      {
        probe: http(8080),
        said: dial(8080),
        log: 'INFO listening on 127.0.0.1:8080\nINFO listening on 0.0.0.0:8080',
      },
      is('readiness_failing', '8080', 'medium'),
    ],
    [
      'a name of a callee is no address',
      { probe: http(8080), said: dial(8080), log: 'INFO started, connecting to redis:6379' },
      is('readiness_failing', '8080', 'medium'),
    ],
    [
      'a time is no port',
      { probe: http(8080), said: dial(8080), log: 'INFO server started at 10:22:33' },
      is('readiness_failing', '8080', 'medium'),
    ],
    [
      'a port that is not declared, and the log has errors: a lead',
      { probe: http(9090), said: dial(9090), log: 'ERROR no columns' },
      is('probe_wrong', '9090', 'medium'),
    ],
    [
      'packets get lost',
      { probe: http(), said: says('Get "http://10.0.0.9:8080/healthz": dial tcp 10.0.0.9:8080: i/o timeout') },
      is('readiness_failing', '8080', 'medium'),
    ],
  ])('%s', async (_title, given, wanted) => {
    expect(await probed('readinessProbe', given)).toBe(wanted);
  });

  test('an answer counts more than the refusal of the next start', async () => {
    const cluster = new TestCluster();
    const state = { running: { startedAt: '2026-01-01T10:00:05Z' } };
    cluster.deployment('ns', 'app', {
      spec: { containers: [{ name: 'app', image: 'a:1', livenessProbe: http() }] },
      status: { phase: 'Running', containerStatuses: [{ name: 'app', ready: false, restartCount: 2, state }] },
    });
    const pod = 'app-5d8f-abcde';
    cluster.event('Pod', 'ns', pod, 'Unhealthy', status(404, 'Liveness'));
    cluster.event('Pod', 'ns', pod, 'Unhealthy', dial(8080, 'Liveness'));
    cluster.event('Pod', 'ns', pod, 'Killing', 'Container app failed liveness probe, will be restarted');
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe(is('probe_wrong', '/healthz'));
  });

  test('a start that takes longer than the probe allows is quoted', async () => {
    const given: Probed = {
      probe: http(8080, '/healthz', { initialDelaySeconds: 60, periodSeconds: 20 }),
      said: dial(8080, 'Liveness'),
      kills: true,
      log: 'INFO Started App in 148.2 seconds (process running for 149)',
    };
    expect(await probed('livenessProbe', given)).toBe(is('probe_aggressive', 'initialDelaySeconds'));
  });

  test.each<[string, boolean, string]>([
    ['it is the cause', true, 'Deployment db app_exit [2] medium'],
    ['nobody knows it: a symptom, and no more than a lead', false, is('readiness_failing', '503', 'medium')],
  ])('what a readiness depends on is down: %s', async (_title, isThere, wanted) => {
    const cluster = new TestCluster();
    const state = { running: { startedAt: '2026-01-01T10:00:05Z' } };
    cluster.deployment('ns', 'app', {
      spec: { containers: [{ name: 'app', image: 'a:1', readinessProbe: http() }] },
      status: { phase: 'Running', containerStatuses: [{ name: 'app', ready: false, restartCount: 0, state }] },
    });
    cluster.event('Pod', 'ns', 'app-5d8f-abcde', 'Unhealthy', status(503));
    cluster.log('ns', 'app-5d8f-abcde', 'app', 'ERROR health: dial tcp: connect to db:5432: connection refused');
    if (isThere) {
      cluster.service('ns', 'db', { port: 5432 });
      cluster.crash('ns', 'db', { log: 'ERROR no columns', exitCode: 2 });
    }
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe(wanted);
  });

  test('one that waits for another is not called hasty', async () => {
    const given: Probed = {
      probe: http(8080, '/healthz', { initialDelaySeconds: 5 }),
      said: dial(8080, 'Liveness'),
      kills: true,
      log: 'INFO waiting for the database',
    };
    expect(await probed('livenessProbe', given)).toBe(is('probe_aggressive', 'initialDelaySeconds', 'medium'));
  });
});
