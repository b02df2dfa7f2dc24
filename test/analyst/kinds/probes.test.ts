import { describe, test } from 'vitest';
import { TestCluster } from '../cluster.ts';
import { expectCause } from './expected.ts';

type Fields = Record<string, unknown>;

/** A Deployment that runs, is not ready and is told so by the kubelet. */
const probed = (cluster: TestCluster, name: string, container: Fields, log: string, said: string): void => {
  cluster.node('n1');
  cluster.running('press', name, log, container, false);
  cluster.event('Pod', 'press', `${name}-5d8f-abcde`, 'Unhealthy', said);
};

const http = (port: number | string, path: string, scheme?: string): Fields => ({
  httpGet: { path, port, ...(scheme === undefined ? {} : { scheme }) },
  periodSeconds: 10,
  failureThreshold: 3,
});

describe('QUA-1: probes', () => {
  test('plain HTTP is asked of a server that speaks TLS', async () => {
    const cluster = new TestCluster();
    probed(
      cluster,
      'galley',
      {
        ports: [{ containerPort: 8443 }],
        readinessProbe: http(8443, '/healthz'),
      },
      '2026/01/01 10:03:11 galley serving on :8443\n2026/01/01 10:04:11 http: TLS handshake error from 10.2.0.1:51544: client sent an HTTP request to an HTTPS server\n',
      'Readiness probe failed: HTTP probe failed with statuscode: 400',
    );
    await expectCause(cluster, ['Deployment', 'press', 'galley'], {
      cause: 'Deployment galley probe_wrong',
      says: [/HTTPS/, /scheme/],
      never: [/path \/healthz (?:does not exist|is wrong)/],
    });
  });

  test('the reverse: TLS is asked of a server that speaks plain HTTP', async () => {
    const cluster = new TestCluster();
    probed(
      cluster,
      'proofs',
      {
        ports: [{ containerPort: 9090 }],
        readinessProbe: http(9090, '/-/ready', 'HTTPS'),
      },
      'ts=2026-01-01T10:00:06Z level=info msg="Listening on" address=[::]:9090\nts=2026-01-01T10:00:06Z level=info msg="TLS is disabled." http2=false address=[::]:9090\n',
      'Readiness probe failed: Get "https://10.2.0.7:9090/-/ready": http: server gave HTTP response to HTTPS client',
    );
    await expectCause(cluster, ['Deployment', 'press', 'proofs'], {
      cause: 'Deployment proofs probe_wrong',
      value: 'HTTPS',
      says: [/HTTPS/, /plain|HTTP\b/, /scheme/],
    });
  });

  test('the program of an exec probe says what is wrong: quoted, and the probe is not blamed', async () => {
    const cluster = new TestCluster();
    probed(
      cluster,
      'archive',
      {
        readinessProbe: {
          exec: { command: ['/usr/local/bin/replica-check', '--max-lag=300'] },
        },
      },
      'LOG:  started streaming WAL from primary at 5/3A000000 on timeline 3\n',
      'Readiness probe failed: FATAL: replica lag 918s exceeds 300s',
    );
    await expectCause(cluster, ['Deployment', 'press', 'archive'], {
      cause: 'Deployment archive readiness_failing',
      says: [/replica lag 918s exceeds 300s/],
      never: [/probe (?:is|has the) wrong/, /does not exist/],
    });
  });

  test('the program says on which port it listens, and the probe asks another', async () => {
    const cluster = new TestCluster();
    probed(
      cluster,
      'typeset',
      {
        ports: [{ containerPort: 8080 }],
        readinessProbe: http(8080, '/ready'),
      },
      'INFO:     Started server process [1]\nINFO:     Application startup complete.\nINFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)\n',
      'Readiness probe failed: Get "http://10.2.0.7:8080/ready": dial tcp 10.2.0.7:8080: connect: connection refused',
    );
    await expectCause(cluster, ['Deployment', 'press', 'typeset'], {
      cause: 'Deployment typeset probe_wrong',
      value: '8080',
      says: [/8000/, /8080/],
    });
  });

  test('the reverse: the port is right, and the program takes calls from its own pod only', async () => {
    const cluster = new TestCluster();
    probed(
      cluster,
      'typeset',
      {
        ports: [{ containerPort: 8000 }],
        readinessProbe: http(8000, '/ready'),
      },
      'INFO:     Started server process [1]\nINFO:     Application startup complete.\nINFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)\n',
      'Readiness probe failed: Get "http://10.2.0.7:8000/ready": dial tcp 10.2.0.7:8000: connect: connection refused',
    );
    await expectCause(cluster, ['Deployment', 'press', 'typeset'], {
      cause: [
        'Deployment typeset other',
        'Deployment typeset bad_config_value',
        'Deployment typeset bad_command',
        'Deployment typeset readiness_failing',
      ],
      says: [/127\.0\.0\.1/, /0\.0\.0\.0/],
      never: [/probe (?:asks|checks) (?:the wrong|another) port/],
    });
  });

  for (const [code, cause, word] of [
    ['401', 'probe_wrong', /401|credential|log ?in|authenticat/i],
    ['404', 'probe_wrong', /404|path/],
    ['503', 'readiness_failing', /503/],
  ] as const) {
    test(`an answer of ${code} is told apart from the others`, async () => {
      const cluster = new TestCluster();
      probed(
        cluster,
        'imposer',
        {
          ports: [{ containerPort: 8080 }],
          readinessProbe: http(8080, '/status/live'),
        },
        'INFO listening on 0.0.0.0:8080\n',
        `Readiness probe failed: HTTP probe failed with statuscode: ${code}`,
      );
      await expectCause(cluster, ['Deployment', 'press', 'imposer'], {
        cause: `Deployment imposer ${cause}`,
        says: [word],
        never: code === '404' ? [/credential/i] : [/path .{0,30}does not exist/, /no such path/],
      });
    });
  }

  test('the program that an exec probe calls is not in the image', async () => {
    const cluster = new TestCluster();
    probed(
      cluster,
      'binder',
      {
        readinessProbe: {
          exec: { command: ['curl', '-fsS', 'http://localhost:8080/ready'] },
        },
      },
      'INFO listening on 0.0.0.0:8080\n',
      'Readiness probe errored: rpc error: code = Unknown desc = failed to exec in container: failed to start exec "9c1": OCI runtime exec failed: exec failed: unable to start container process: exec: "curl": executable file not found in $PATH: unknown',
    );
    await expectCause(cluster, ['Deployment', 'press', 'binder'], {
      cause: 'Deployment binder probe_wrong',
      value: 'curl',
      says: [/curl/, /image/],
      never: [/port/i],
    });
  });
});
