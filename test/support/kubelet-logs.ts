import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';

/** Answers for the kubelets of a control plane: the logs of containers, over HTTPS on 127.0.0.1. */
export interface KubeletLogs {
  readonly port: number;
  /** Without a text a container has no log: 400, as a kubelet answers. */
  set(namespace: string, pod: string, container: string, text: string, previous?: boolean): void;
  stop(): Promise<void>;
}

export async function startKubeletLogs(): Promise<KubeletLogs> {
  const pair = await generate([{ name: 'commonName', value: 'kubelet' }], { keySize: 2048 });
  const texts = new Map<string, string>();
  const server = createServer({ key: pair.private, cert: pair.cert }, (request, response) => {
    const url = new URL(request.url ?? '/', 'https://kubelet');
    const previous = url.searchParams.get('previous') === 'true';
    const text = texts.get(`${url.pathname}${previous ? '?previous' : ''}`);
    if (text === undefined) {
      const what = previous ? 'previous terminated container' : 'container';
      response.writeHead(400).end(`${what} of ${url.pathname} not found\n`);
      return;
    }
    const tail = Number(url.searchParams.get('tailLines') ?? Number.NaN);
    const lines = text.split(/(?<=\n)/);
    const kept = Number.isNaN(tail) ? text : lines.slice(Math.max(0, lines.length - tail)).join('');
    const limit = Number(url.searchParams.get('limitBytes') ?? Number.POSITIVE_INFINITY);
    response.end(Buffer.from(kept).subarray(0, Math.min(limit, Number.MAX_SAFE_INTEGER)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    set: (namespace, pod, container, text, previous = false) => {
      texts.set(`/containerLogs/${namespace}/${pod}/${container}${previous ? '?previous' : ''}`, text);
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
