import { createServer, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ControlPlane } from './control-plane.ts';

/** A plain HTTP way to an API server, which writes down what is asked: `GET /api/v1/pods?limit=500`. */
export interface RecordingProxy {
  readonly url: string;
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

type Asked = Pick<ControlPlane, 'server' | 'ca' | 'adminToken'>;

/** Starts one on 127.0.0.1, which asks as the administrator: no token is sent over plain HTTP. */
export async function startRecordingProxy({ server, ca, adminToken }: Asked): Promise<RecordingProxy> {
  const asked: string[] = [];
  const target = new URL(server);
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
  const proxy = createServer((incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming;
    asked.push(`${method} ${url}`);
    const { hostname: host, port } = target;
    const authorized = { ...headers, host: target.host, authorization: `Bearer ${adminToken}` };
    const call = send({ host, port, ca, method, path: url, headers: authorized }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    call.on('error', () => outgoing.destroy());
    incoming.pipe(call);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        proxy.close(() => resolve());
        proxy.closeAllConnections();
      }),
  };
}
