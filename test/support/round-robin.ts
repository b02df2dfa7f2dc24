import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RoundRobin {
  readonly url: string;
  /** Requests that each server got, in the order of the servers. */
  readonly counts: readonly number[];
  stop(): Promise<void>;
}

/** A load balancer that gives each request to the next server, streams included, and ends one when its client goes. */
export async function startRoundRobin(servers: readonly string[]): Promise<RoundRobin> {
  const counts = servers.map(() => 0);
  let next = 0;
  const balancer = createServer((request, response) => {
    const at = next % servers.length;
    next += 1;
    counts[at] = (counts[at] ?? 0) + 1;
    const { method, headers, url = '' } = request;
    const upstream = httpRequest(`${servers[at]}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
  });
  await new Promise<void>((resolve) => balancer.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(balancer.address() as AddressInfo).port}`,
    counts,
    stop: () => {
      balancer.closeAllConnections();
      return new Promise((resolve) => balancer.close(() => resolve()));
    },
  };
}
