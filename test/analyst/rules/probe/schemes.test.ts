import { describe, expect, test } from 'vitest';
import { exec, http, https, is, type Probed, probed, says, status } from './probed.ts';

describe('QUA-1: a probe that speaks another protocol than the server', () => {
  test.each<[string, Probed, string]>([
    // Plain text to TLS: what servers log of it.
    [
      'Go',
      {
        probe: http(8443),
        said: status(400),
        log: '2026/01/01 10:03:00 http: TLS handshake error from 10.0.0.1:37403: client sent an HTTP request to an HTTPS server',
      },
      is('probe_wrong', 'HTTP'),
    ],
    [
      'Tomcat',
      {
        probe: http(8443),
        said: status(400),
        log: 'ERROR Bad Request: This combination of host and port requires TLS.',
      },
      is('probe_wrong', 'HTTP'),
    ],
    [
      'Netty, which closes the connection',
      {
        probe: http(8443),
        said: says('Get "http://10.0.0.9:8443/healthz": EOF'),
        log: 'WARN io.netty.handler.codec.DecoderException: io.netty.handler.ssl.NotSslRecordException: not an SSL/TLS record: 474554202f',
      },
      is('probe_wrong', 'HTTP'),
    ],
    [
      'nginx',
      {
        probe: http(8443),
        said: status(400),
        log: '2026/01/01 10:03:00 [info] 7#7: *1 client sent plain HTTP request while reading client request headers, client: 10.0.0.1',
      },
      is('probe_wrong', 'HTTP'),
    ],
    [
      'the kubelet got a record of TLS',
      {
        probe: http(8443),
        said: says(
          'Get "http://10.0.0.9:8443/healthz": net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x15\\x03\\x01\\x00\\x02\\x02"',
        ),
      },
      is('probe_wrong', 'HTTP'),
    ],
    // TLS to plain text.
    [
      'TLS to plain text, of the kubelet',
      {
        probe: https(8080),
        said: says('Get "https://10.0.0.9:8080/healthz": tls: first record does not look like a TLS handshake'),
      },
      is('probe_wrong', 'HTTPS'),
    ],
    [
      'TLS to plain text, of the log',
      {
        probe: https(8080),
        said: says('Get "https://10.0.0.9:8080/healthz": EOF'),
        log: 'WARN Invalid HTTP request received.',
      },
      is('probe_wrong', 'HTTPS'),
    ],
    [
      'TLS to plain text, of a command',
      {
        probe: exec('curl', '-sf', 'https://127.0.0.1:8080'),
        said: says('curl: (35) error:0A00010B:SSL routines::wrong version number'),
      },
      is('probe_wrong', 'https'),
    ],
    [
      'a server that wants a client certificate',
      { probe: https(), said: says('Get "https://10.0.0.9:8443/healthz": remote error: tls: certificate required') },
      is('probe_wrong', 'HTTPS'),
    ],
    [
      'a redirect to HTTPS: a lead',
      {
        probe: http(),
        said: says('Get "https://10.0.0.9/healthz": dial tcp 10.0.0.9:443: connect: connection refused'),
      },
      is('probe_wrong', 'HTTP', 'medium'),
    ],
    // 400 has other reasons.
    ['400, and nothing tells why', { probe: http(), said: status(400) }, is('probe_wrong', '/healthz', 'medium')],
    [
      '400, for the Host header',
      {
        probe: http(),
        said: status(400),
        log: "ERROR Invalid HTTP_HOST header: '10.0.0.9:8080'. You may need to add '10.0.0.9' to ALLOWED_HOSTS.",
      },
      is('probe_wrong', '10.0.0.9:8080'),
    ],
    [
      '503, and somebody else speaks plain text to another port',
      {
        probe: http(),
        said: status(503),
        log: '2026/01/01 10:03:00 http: TLS handshake error from 10.0.0.7:4: client sent an HTTP request to an HTTPS server',
      },
      is('readiness_failing', '503', 'medium'),
    ],
  ])('%s', async (_title, given, wanted) => {
    expect(await probed('readinessProbe', given)).toBe(wanted);
  });
});
