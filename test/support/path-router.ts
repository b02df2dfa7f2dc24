import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Stands where the gateway of a run stands for an agent CLI: `/llm/PROVIDER/…` goes to the server of that name as it
 * comes, everything else is 404.
 */
export async function routePaths(targets: Readonly<Record<string, string>>): Promise<{ url: string; close(): void }> {
  const server: Server = createServer((incoming, response) => {
    const [, provider = '', rest = ''] = /^\/llm\/(\w+)(\/.*)$/.exec(incoming.url ?? '') ?? [];
    const target = targets[provider];
    if (target === undefined) {
      response.writeHead(404).end();
      return;
    }
    const { method, headers } = incoming;
    const onward = request(`${target}${rest}`, { method: method ?? 'GET', headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    onward.on('error', () => response.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
