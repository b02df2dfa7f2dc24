import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { scriptedHttp } from './scripted-http.ts';
import { tempDir } from './temp-dir.ts';

/** The list of Secrets of a management cluster, as a test sets it; label selectors count, as the API server takes them. */
export interface ManagementCluster {
  readonly kubeconfig: string;
  secrets: readonly Listed[];
  /** False: it answers 503. */
  answers: boolean;
  /** Lists that it has given, or refused. */
  lists: number;
}

interface Listed {
  readonly metadata: { readonly labels: object };
}

export async function startManagementCluster(): Promise<ManagementCluster> {
  const file = path.join(tempDir(), 'management.yaml');
  const cluster: ManagementCluster = { kubeconfig: file, secrets: [], answers: true, lists: 0 };
  const address = await scriptedHttp((request, response) => {
    const query = new URL(request.url ?? '', 'http://localhost').searchParams;
    const items = cluster.secrets.filter(({ metadata }) => fits(metadata.labels, query.get('labelSelector') ?? ''));
    cluster.lists += 1;
    response.writeHead(cluster.answers ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify(cluster.answers ? { items } : { message: 'not now' }));
  });
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'management', cluster: { server: new URL(address).origin } }],
    users: [{ name: 'reader', user: { token: 'reader-token' } }],
    contexts: ['management', 'other'].map((name) => ({ name, context: { cluster: 'management', user: 'reader' } })),
    'current-context': 'management',
  };
  writeFileSync(file, JSON.stringify(config));
  return cluster;
}

function fits(labels: object, selector: string): boolean {
  return selector.split(',').every((part) => {
    const [key = '', value] = part.split('=');
    const found = (labels as Record<string, string>)[key];
    return part === '' || (value === undefined ? found !== undefined : found === value);
  });
}
