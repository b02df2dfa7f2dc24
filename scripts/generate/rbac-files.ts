import {
  manifestText,
  readerManifests,
  readerNamespace,
  serverManifests,
} from '../../src/kube/grant/reader-manifests.ts';

/** Where a cluster is given its readers by hand or by a tool of one's own. */
export function rbacFiles(): Record<string, string> {
  return {
    'deploy/rbac/reader.yaml': manifestText(readerManifests(readerNamespace, 'view'), [
      'What nightcrier reads a cluster with: each kind that triage, sweep and watch read, and no Secret.',
      'The binding to "view" lets it read the custom resources that operators have added to that role; leave it out when you',
      'do not want that. "nightcrier kubeconfig create" applies the same and makes a kubeconfig of it.',
      'Made from the code (npm run generate).',
    ]),
    'deploy/rbac/mcp-server.yaml': manifestText(serverManifests(), [
      'What a kubernetes-mcp-server runs with that serves nightcrier: what a sweep lists, the owners of it, and logs. A server',
      'that pushes events needs "watch", which is in it. Run the server with serviceAccountName: kubernetes-mcp-server.',
      'Made from the code (npm run generate).',
    ]),
  };
}
