import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { recordedAccess } from './api-attacks.ts';
import { type GatewayRunOptions, type GatewayUnderTest, openGatewayRun } from './gateway-run.ts';
import { scriptedHttp } from './scripted-http.ts';
import { tempDir } from './temp-dir.ts';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A list without items. */
export const pods: Answer = (_request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end('{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}');
};

/** A run before an API server of ours, that tells all that has come to it. */
export async function runBefore(
  answer: Answer = pods,
  options: GatewayRunOptions = {},
): Promise<{ readonly run: GatewayUnderTest; readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const url = await scriptedHttp((request, response) => {
    const { method = '', url: asked = '', headers } = request;
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => seen.push({ method, url: asked, headers, body }));
    answer(request, response);
  });
  return { run: await runAt(url, options), seen };
}

export async function runAt(url: string, options: GatewayRunOptions = {}): Promise<GatewayUnderTest> {
  const dir = tempDir({ kubeconfig: kubeconfigFor(new URL(url).origin) });
  const { access } = await recordedAccess(path.join(dir, 'kubeconfig'));
  const run = await openGatewayRun(access, options);
  onTestFinished(() => run.close());
  return run;
}

const kubeconfigFor = (server: string): string => `apiVersion: v1
kind: Config
clusters: [{name: a, cluster: {server: "${server}"}}]
users: [{name: a, user: {}}]
contexts: [{name: a, context: {cluster: a, user: a}}]
current-context: a
`;
