import { once } from 'node:events';
import { existsSync, lstatSync, statSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Answer, pods, runAt, runBefore } from '../support/gateway-before.ts';
import { scriptedTcp } from '../support/scripted-http.ts';
import { waitUntil } from '../support/wait-until.ts';

const head = 'GET /k8s/api/v1/pods HTTP/1.1\r\nHost: gateway\r\n';
const inner = 'DELETE /k8s/api/v1/namespaces/shop/pods/web HTTP/1.1\r\nHost: gateway\r\n\r\n';

describe('GAT-1: no way of writing a path leads further', () => {
  test.each([
    '/k8s/api/v1/namespaces/shop/../../secrets',
    '/k8s/api/v1/namespaces/shop/%2e%2e/%2e%2e/secrets',
    '/k8s/api/v1/namespaces/%252e%252e/secrets',
    '/k8s/api/v1/namespaces/shop/./pods',
    '/k8s//api/v1/pods',
    '/k8s/api//v1/pods',
    '/k8s/api/v1/pods/',
    '/k8s/../output/verdict.json',
    '/k8s/api/v1/namespaces/shop/pods/web%2fexec',
    '/k8s/api/v1/namespaces/shop/pods/web%2Flog',
    '/k8s/api/v1/namespaces/shop/pods/web%5clog',
    '/k8s/api/v1/namespaces/shop/pods/web\\log',
    '/k8s/api/v1/namespaces/shop/pods/web%00',
    '/k8s/api/v1/namespaces/shop/pods/web%0d%0aX:y',
    '/k8s/api/v1/namespaces/shop/pods/web%3fwatch=true',
    '/k8s/api/v1/namespaces/shop/pods/web;x=y/exec',
    '/k8s/api/v1/namespaces/shop/pods/w%c3%a9b',
    '/k8s/api/v1/namespaces/shop/pods/w%C0%AFb',
    '/k8s/api/v1/namespaces/shop/pods/%zz',
    '/k8s/api/v1/namespaces/shop/pods/web%25',
    '/k8s/api/v1/pods#/../secrets',
    '/k8s/api/v1/pods?watch=true&watch=false',
    '/k8s/api/v1/pods?watch=true?x=y',
    '/k8s/api/v1/pods?labelSelector=%zz',
    '/k8s/api/v1/pods?limit=1;watch=true',
    '/k8s/api/v1/pods?dryRun=All',
    '/k8s/api/v1/watch/secrets',
    '/k8s/api/v1/proxy/nodes/n1',
    '/k8s/api/v1/nodes/n1/proxy/pods',
    '/k8s/metrics',
    '/k8s/logs/kube-apiserver.log',
    '/k8s/debug/pprof/heap',
    '/k8s/.well-known/openid-configuration',
    '/k8s/openid/v1/jwks',
    '/k8s',
    '/k8s/',
    '/K8S/api/v1/pods',
    '/k8sx/api/v1/pods',
    '/%6b8s/api/v1/pods',
    '/api/v1/pods',
    '/',
    '*',
    'http://gateway/k8s/api/v1/pods',
    'http://169.254.169.254/latest/meta-data/',
    'https://127.0.0.1:6443/k8s/api/v1/secrets',
    `/k8s/api/v1/namespaces/${'a'.repeat(9000)}/pods`,
  ])('GET %s', async (address) => {
    const { run, seen } = await runBefore();
    const { status } = await run.request('GET', address);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(seen).toEqual([]);
    await waitUntil(() => run.audit().length === 1, 'the record');
    expect(run.audit()[0]).toMatchObject({ decision: 'refuse' });
  });
});

describe('GAT-1: no way of framing a request hides another', () => {
  const long = 'a'.repeat(20_000);
  test.each<[string, string]>([
    ['a length and chunks', `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`],
    [
      'chunks and a length',
      `${head}Transfer-Encoding: chunked\r\nContent-Length: ${inner.length}\r\n\r\n0\r\n\r\n${inner}`,
    ],
    ['two lengths', `${head}Content-Length: 0\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`],
    ['two lengths in one', `${head}Content-Length: 0, ${inner.length}\r\n\r\n${inner}`],
    ['a length with a sign', `${head}Content-Length: +${inner.length}\r\n\r\n${inner}`],
    ['a length in hex', `${head}Content-Length: 0x10\r\n\r\n${inner}`],
    ['an unknown encoding', `${head}Transfer-Encoding: xchunked\r\n\r\n${inner}`],
    ['chunks twice', `${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${inner}`],
    ['chunks with a space before the colon', `${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${inner}`],
    ['a body of a read', `${head}Content-Length: ${inner.length}\r\n\r\n${inner}`],
    [
      'chunks of a read',
      `${head}Transfer-Encoding: chunked\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`,
    ],
    ['a chunk size that is none', `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n${inner}`],
    ['a chunk size that overflows', `${head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n${inner}`],
    ['a folded header', `${head}X-A: b\r\n ${inner.trim()}\r\n\r\n`],
    ['two hosts', `${head}Host: other\r\n\r\n`],
    ['no host', 'GET /k8s/api/v1/pods HTTP/1.1\r\n\r\n'],
    ['a bare line feed', `${head}X-A: b\nX-B: c\r\n\r\n`],
    ['a bare carriage return', `${head}X-A: b\rX-B: c\r\n\r\n`],
    ['a zero byte', `${head}X-A: b\0c\r\n\r\n`],
    ['a header without a name', `${head}: b\r\n\r\n`],
    ['a large header', `${head}X-A: ${long}\r\n\r\n`],
    ['an unknown method', 'BREW /k8s/api/v1/pods HTTP/1.1\r\nHost: gateway\r\n\r\n'],
    ['a tunnel', 'CONNECT 10.0.0.1:443 HTTP/1.1\r\nHost: gateway\r\n\r\n'],
    ['a tunnel to a path', 'CONNECT /k8s/api/v1/pods HTTP/1.1\r\nHost: gateway\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['HTTP/0.9', 'GET /k8s/api/v1/pods\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['an upgrade', `${head}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n${inner}`],
    [
      'an upgrade to h2c',
      `${head}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
    ],
    ['somebody else', `${head}Impersonate-User: admin\r\n\r\n`],
    ['somebody else by a proxy', `${head}X-Remote-User: admin\r\nX-Remote-Group: system:masters\r\n\r\n`],
    ['a method in a header', `${head}X-HTTP-Method-Override: DELETE\r\nConnection: close\r\n\r\n`],
  ])('%s', async (_what, bytes) => {
    const { run, seen } = await runBefore();
    await run.raw(bytes, 300);
    expect(seen.filter(({ method, body, url }) => method !== 'GET' || body !== '' || url !== '/api/v1/pods')).toEqual(
      [],
    );
    expect(run.audit().filter(({ method, decision }) => method !== 'GET' && decision === 'allow')).toEqual([]);
    // The run goes on as before.
    expect((await run.request('GET', '/k8s/api/v1/pods')).status).toBe(200);
  });

  test('requests in one go are answered one by one, each by its own decision', async () => {
    const { run, seen } = await runBefore();
    const get = `${head}\r\n`;
    const answers = await run.raw(`${get}${get}${inner}${get}`, 1000);
    const statuses = [...answers.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status);
    expect(statuses.slice(0, 3)).toEqual(['200', '200', '403']);
    expect(seen.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('nothing of the agent goes on but what was decided', async () => {
    const { run, seen } = await runBefore();
    const headers = {
      Authorization: 'Bearer of-an-agent',
      Cookie: 'a=b',
      'X-Forwarded-For': '10.0.0.1',
      'X-Custom': 'of-an-agent',
      'Accept-Encoding': 'gzip',
      'User-Agent': 'of-an-agent',
      Accept: 'application/vnd.kubernetes.protobuf, application/json;as=Table;v=v1;g=meta.k8s.io',
    };
    expect((await run.request('GET', '/k8s/api/v1/pods?limit=5', headers)).status).toBe(200);
    expect(JSON.stringify(seen)).not.toContain('of-an-agent');
    expect(Object.keys(seen[0]?.headers ?? {}).toSorted()).toEqual(['accept', 'accept-encoding', 'connection', 'host']);
    expect(seen[0]?.headers.accept).toBe('application/json;as=Table;v=v1;g=meta.k8s.io');
    expect(seen[0]?.headers['accept-encoding']).toBe('identity');
  });

  test('nothing of the head of an answer comes back but its type', async () => {
    const { run } = await runBefore((request, response) => {
      response.setHeader('set-cookie', 'session=of-the-server');
      response.setHeader('x-internal', 'of-the-server');
      response.setHeader('www-authenticate', 'Basic realm="of-the-server"');
      pods(request, response);
    });
    const answer = await run.raw(`${head}Connection: close\r\n\r\n`);
    expect(answer).toContain('PodList');
    expect(answer).not.toContain('of-the-server');
  });
});

describe('GAT-1: a run cannot wear out the gateway', () => {
  test('a thousand requests at once are all answered, few of them at the same time', async () => {
    let [now, most] = [0, 0];
    const { run } = await runBefore((request, response) => {
      now += 1;
      most = Math.max(most, now);
      setImmediate(() => {
        now -= 1;
        pods(request, response);
      });
    });
    const all = await Promise.all(Array.from({ length: 1000 }, () => run.request('GET', '/k8s/api/v1/pods')));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]));
    expect(most).toBeLessThanOrEqual(16);
    await waitUntil(() => run.audit().length === 1000, 'the record of each');
  });

  test('a run has so many requests, and is told when they are used up', async () => {
    const { run, seen } = await runBefore(pods, { kubernetes: { max_requests: 3 } });
    const statuses: number[] = [];
    for (let at = 0; at < 5; at += 1) statuses.push((await run.request('GET', '/k8s/api/v1/pods')).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect(seen.length).toBe(3);
  });

  test('requests that never end hold nobody up, and are ended', async () => {
    const { run } = await runBefore();
    const slow = Array.from({ length: 200 }, () =>
      net.connect(run.socket, function begin(this: net.Socket) {
        this.write(head);
      }),
    );
    const ended = slow.map((socket) => {
      socket.on('error', () => {});
      socket.resume();
      return once(socket, 'close');
    });
    try {
      expect((await run.request('GET', '/k8s/api/v1/pods')).status).toBe(200);
      await Promise.all(ended);
    } finally {
      for (const socket of slow) socket.destroy();
    }
  }, 60_000);

  test('a log without end goes through with bounded memory, and ends with who reads it', async () => {
    let [written, stopped] = [0, false];
    const line = `${'x'.repeat(1000)}\n`.repeat(64);
    const { run } = await runBefore((_request, response) => {
      response.setHeader('content-type', 'text/plain');
      const more = (): void => {
        if (stopped) return;
        written += line.length;
        if (response.write(line)) setImmediate(more);
        else response.once('drain', more);
      };
      response.on('close', () => (stopped = true));
      more();
    });
    const socket = net.connect(run.socket);
    socket.on('error', () => {});
    socket.write('GET /k8s/api/v1/namespaces/a/pods/b/log?follow=true HTTP/1.1\r\nHost: g\r\n\r\n');
    await once(socket, 'readable');
    // Nobody reads: what is on its way is bounded by the buffers of sockets.
    let before = -1;
    await waitUntil(
      async () => {
        const same = before === written;
        before = written;
        await new Promise((resolve) => setTimeout(resolve, 200));
        return same;
      },
      'the server to be held back',
      20_000,
    );
    expect(written).toBeLessThan(32 * 1024 * 1024);
    socket.destroy();
    await waitUntil(() => stopped, 'the end of the log');
  });

  test('who asks for much and takes nothing holds three answers, and hears so', async () => {
    const { run, seen } = await runBefore(
      (_request, response) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ kind: 'PodList', items: [{ text: 'words and words '.repeat(60_000) }] }));
      },
      { kubernetes: { max_response: '1Mi' } },
    );
    const idle = Array.from({ length: 12 }, () =>
      net.connect(run.socket, function ask(this: net.Socket) {
        this.write(`${head}\r\n`);
      }),
    );
    try {
      for (const socket of idle) {
        socket.on('error', () => {});
        socket.pause();
      }
      await waitUntil(() => seen.length === 12, 'all of them');
      await waitUntil(async () => (await run.request('GET', '/k8s/api/v1/pods')).status === 503, 'no more room');
      for (const socket of idle) socket.destroy();
      await waitUntil(async () => (await run.request('GET', '/k8s/api/v1/pods')).status === 200, 'room again');
      expect(seen.length).toBeGreaterThan(12);
    } finally {
      for (const socket of idle) socket.destroy();
    }
  });

  test('nothing is asked for those who went away while they waited', async () => {
    let answer = (): void => {};
    const { run, seen } = await runBefore(
      (request, response) => {
        answer = () => pods(request, response);
      },
      { kubernetes: { max_concurrent: 1 } },
    );
    const first = run.request('GET', '/k8s/api/v1/pods');
    await waitUntil(() => seen.length === 1, 'the first');
    const others = Array.from({ length: 50 }, () =>
      net.connect(run.socket, function ask(this: net.Socket) {
        this.end(`${head}\r\n`, () => this.destroy());
      }),
    );
    await Promise.all(others.map((socket) => once(socket, 'close')));
    answer();
    expect((await first).status).toBe(200);
    await waitUntil(() => run.audit().length === 51, 'the record of each');
    // One may have been on its way.
    expect(seen.length).toBeLessThanOrEqual(2);
  });

  test('what cannot be put on record any more is not answered', async () => {
    const { run, seen } = await runBefore(pods, { record: ' '.repeat(32 * 1024 * 1024) });
    expect((await run.request('GET', '/k8s/api/v1/pods')).status).toBe(0);
    expect(await run.raw('nonsense\r\n\r\n', 1000)).toBe('');
    expect(seen).toEqual([]);
  });

  test('an answer that is too large is told as such', async () => {
    const { run } = await runBefore(
      (_request, response) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ kind: 'PodList', items: ['x'.repeat(2 * 1024 * 1024)] }));
      },
      { kubernetes: { max_response: '1Mi' } },
    );
    const { status, body } = await run.request('GET', '/k8s/api/v1/pods');
    expect([status, (JSON.parse(body) as { reason: string }).reason]).toEqual([413, 'RequestEntityTooLarge']);
  });
});

describe('GAT-1: an API server that fails is told as a status that kubectl prints', () => {
  const html = '<html><body>Bad Gateway of a proxy</body></html>';
  test.each<[string, Answer, number]>([
    ['a page', (_q, r) => void r.setHeader('content-type', 'text/html').end(html), 502],
    ['a page as an error', (_q, r) => void r.writeHead(503, { 'content-type': 'text/html' }).end(html), 503],
    [
      'a page that says that it is JSON',
      (_q, r) => void r.setHeader('content-type', 'application/json').end(html),
      502,
    ],
    [
      'a page without end',
      (_q, r) => void r.writeHead(200, { 'content-type': 'text/html' }).write(html.repeat(10_000)),
      502,
    ],
    [
      'a redirect without end',
      (_q, r) => void r.writeHead(302, { location: 'http://169.254.169.254/' }).write(html.repeat(10_000)),
      502,
    ],
    [
      'an error without end',
      (_q, r) => void r.writeHead(500, { 'content-type': 'text/html' }).write(html.repeat(10_000)),
      413,
    ],
    ['nothing', (_q, r) => void r.setHeader('content-type', 'application/json').end(), 502],
    ['a redirect', (_q, r) => void r.writeHead(302, { location: 'http://169.254.169.254/' }).end(), 502],
    [
      'no',
      (_q, r) =>
        void r.writeHead(401, { 'content-type': 'application/json' }).end('{"kind":"Status","message":"Unauthorized"}'),
      401,
    ],
    ['a cut', (_q, r) => void r.socket?.destroy(), 502],
    [
      'half an answer',
      (_q, r) => {
        r.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
        r.write('{"kind":');
        setImmediate(() => r.destroy());
      },
      502,
    ],
  ])('%s', async (_what, answer, expected) => {
    const { run } = await runBefore(answer);
    const { status, body } = await run.request('GET', '/k8s/api/v1/pods');
    expect([status, body]).toEqual([expected, expect.stringContaining('"kind":"Status"') as string]);
    expect(body).not.toContain('<html>');
    expect(body).not.toContain('169.254');
    const { code, err } = await run.kubectl('get', 'pods');
    expect(code).toBe(1);
    expect(err).not.toContain('<html>');
  });

  test('one that is gone', async () => {
    const run = await runAt('http://127.0.0.1:1');
    expect((await run.request('GET', '/k8s/api/v1/pods')).status).toBe(502);
    expect((await run.kubectl('get', '--raw', '/version')).err).toMatch(/the API server cannot be reached/);
  });

  test('one that speaks no HTTP', async () => {
    const run = await runAt(await scriptedTcp((socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n')));
    expect((await run.request('GET', '/k8s/api/v1/pods')).status).toBe(502);
  });

  test('one that never answers holds nothing longer than the run', async () => {
    let asked = false;
    let ended = false;
    const { run } = await runBefore((_request, response) => {
      asked = true;
      response.on('close', () => (ended = true));
    });
    const answer = run.request('GET', '/k8s/api/v1/pods');
    await waitUntil(() => asked, 'the request');
    await run.gateway.close();
    expect((await answer).status).toBe(0);
    await waitUntil(() => ended, 'the end of the call');
    expect(existsSync(run.socket)).toBe(false);
    await run.gateway.close();
  });
});

test("GAT-1: the socket is its owner's alone", async () => {
  const { run } = await runBefore();
  expect(lstatSync(run.socket).isSocket()).toBe(true);
  expect([statSync(run.socket).mode & 0o777, statSync(path.dirname(run.socket)).mode & 0o777]).toEqual([0o600, 0o700]);
});
