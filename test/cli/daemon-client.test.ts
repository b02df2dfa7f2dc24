import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DaemonClient } from '../../src/cli/daemon-client.ts';
import { ProblemError } from '../../src/lib/problem.ts';
import { freePorts } from '../support/free-ports.ts';
import { waitUntil } from '../support/wait-until.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A client of a server that answers so. */
async function clientOf(answer: Answer, token: string | null = null): Promise<DaemonClient> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return new DaemonClient(
    { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token, publicUrl: null },
    fetch,
  );
}

const json =
  (status: number, body: unknown): Answer =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

const never = new AbortController().signal;
const ref = { kind: 'Pod', namespace: 'shop', name: 'cart' };

async function problemOf(work: Promise<unknown>): Promise<ProblemError> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ProblemError) return error;
  throw new Error(`no problem: ${String(error)}`);
}

describe('one request', () => {
  test('INT-7: triage posts the object as JSON, with the token', async () => {
    const seen: unknown[] = [];
    const client = await clientOf((request, response) => {
      const { method, url, headers } = request;
      request.setEncoding('utf8').on('data', (body: string) => {
        seen.push(method, url, headers.authorization, headers['content-type'], JSON.parse(body));
        json(202, { incident_id: 'inc_1', run_id: 'run_1' })(request, response);
      });
    }, 'secret');
    expect(await client.triage('prod', ref, never)).toEqual({ incident_id: 'inc_1', run_id: 'run_1' });
    expect(seen).toEqual(['POST', '/api/triage', 'Bearer secret', 'application/json', { cluster: 'prod', ...ref }]);
  });

  test('UX-20: an id cannot leave its path', async () => {
    const paths: string[] = [];
    const client = await clientOf((request, response) => {
      paths.push(request.url ?? '');
      json(404, {})(request, response);
    });
    await problemOf(client.incident('../../metrics?x=1#y', never));
    expect(paths).toEqual(['/api/incidents/..%2F..%2Fmetrics%3Fx%3D1%23y']);
  });

  test("OPS-4: the daemon's own problem is told with its code and fix, each on one line", async () => {
    const error = { code: 'NC-HEALTH-010\n', message: 'not\nconfigured\u001b[2J', fix: 'use one of: a' };
    const problem = await problemOf((await clientOf(json(404, { error }))).triage('x', ref, never));
    expect(problem.code).toBe('NC-HEALTH-010');
    expect(problem.fix).toBe('use one of: a');
    expect(problem.message).toMatch(/^the daemon at http:\/\/127\.0\.0\.1:\d+ answered 404: not configured\ufffd\[2J$/);
  });

  test('OPS-4: another answer than JSON is shown in part, as text', async () => {
    const page: Answer = (_, response) => void response.writeHead(502).end(`<h1>Bad\nGateway</h1>${'x'.repeat(5000)}`);
    const problem = await problemOf((await clientOf(page)).triage('x', ref, never));
    expect(problem.code).toBe('NC-CLI-006');
    expect(problem.message).toContain('answered 502: <h1>Bad Gateway</h1>xxx');
    expect(problem.message.length).toBeLessThan(400);
  });

  test.each([['{}'], ['null'], ['not json'], ['[1]'], [JSON.stringify({ incident_id: 1, run_id: 2 })]])(
    'OPS-4: the good answer %j that is none of ours is a problem',
    async (body) => {
      const client = await clientOf((_, response) => void response.writeHead(200).end(body));
      const { message } = await problemOf(client.triage('x', ref, never));
      expect(message).toMatch(/gave an unknown answer to \/api\/triage$/);
    },
  );

  test('OPS-4: who does not answer is a problem that says what the network said', async () => {
    const [port] = await freePorts(1);
    const client = new DaemonClient({ url: `http://127.0.0.1:${port}`, token: null, publicUrl: null }, fetch);
    const problem = await problemOf(client.incident('i', never));
    expect(problem.code).toBe('NC-CLI-005');
    expect(problem.message).toMatch(/^no daemon answers at http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/);
  });

  test('OPS-4: an end of the command ends the request', async () => {
    const stop = new AbortController();
    const client = await clientOf(() => stop.abort());
    await expect(client.incident('i', stop.signal)).rejects.toThrow('no daemon answers');
  });

  test('OPS-4: whether a daemon is there is yes only for a good answer', async () => {
    expect(await (await clientOf(json(200, {}))).isUp(never)).toBe(true);
    expect(await (await clientOf(json(500, {}))).isUp(never)).toBe(false);
    const [port] = await freePorts(1);
    expect(
      await new DaemonClient({ url: `http://127.0.0.1:${port}`, token: null, publicUrl: null }, fetch).isUp(never),
    ).toBe(false);
  });

  test('OPS-4: a server that is turned off cannot be asked', () => {
    expect(() => new DaemonClient({ url: null, token: null, publicUrl: null }, fetch)).toThrow('health.port is 0');
  });
});

describe('following', () => {
  test('OPS-4: a lost connection is opened again, and said', async () => {
    const streams: ServerResponse[] = [];
    const client = await clientOf((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('retry: 1\n\nevent: fault\ndata: {"id":1}\n\nevent: other\ndata: {}\n\ndata: text\n\n');
      streams.push(response);
    });
    const said: unknown[] = [];
    const stop = new AbortController();
    const following = client.follow(
      {
        onOpen: (again) => said.push(again ? 'again' : 'open'),
        onLost: () => said.push('lost'),
        onEvent: (event, data) => said.push([event, data]),
      },
      stop.signal,
    );
    const events = [
      ['fault', { id: 1 }],
      ['message', 'text'],
    ];
    await waitUntil(() => said.length === 3, 'the first events');
    streams[0]?.destroy();
    await waitUntil(() => said.length === 7, 'the events after the loss');
    stop.abort();
    await following;
    expect(said).toEqual(['open', ...events, 'lost', 'again', ...events]);
  });

  test('OPS-4: a refusal after a loss ends it with a problem', async () => {
    const streams: ServerResponse[] = [];
    const client = await clientOf((_, response) => {
      streams.push(response);
      if (streams.length > 1) response.writeHead(401).end();
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 1\n\n');
    });
    const quiet = { onOpen: () => void streams[0]?.destroy(), onLost: () => {}, onEvent: () => {} };
    const problem = await problemOf(client.follow(quiet, never));
    expect(problem.message).toMatch(/answered 401 to \/api\/events$/);
    expect(problem.code).toBe('NC-CLI-006');
  });

  test('OPS-4: an end before the first answer is no failure', async () => {
    const stop = new AbortController();
    const client = await clientOf(() => stop.abort());
    const quiet = { onOpen: () => {}, onLost: () => {}, onEvent: () => {} };
    await expect(client.follow(quiet, stop.signal)).resolves.toBeUndefined();
  });
});
