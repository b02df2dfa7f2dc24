import type { ProblemKind } from '../lib/problem.ts';

/** A server that restarts is back by then, ms. */
const mendsItselfMs = 60_000;

/** Problems of a connection to a cluster's MCP server. Placeholders: `endpoint`, `cluster`, `detail`. */
export const clusterProblems = {
  unreachable: {
    code: 'NC-CLUSTER-001',
    title: 'The MCP server cannot be reached',
    fix: 'Check that the server runs and that {endpoint} is reachable from here.',
    about:
      'The TCP connection was refused, reset, timed out or has no route. It is tried again for ever, after 1 s at first, doubling up to connection.backoff_max.',
    visibleAfterMs: mendsItselfMs,
  },
  dns: {
    code: 'NC-CLUSTER-002',
    title: 'The host name of the MCP server does not resolve',
    fix: 'Check the host name in {endpoint} and the resolver of this machine.',
    about: 'The name in clusters[].mcp.endpoint has no address, or the resolver did not answer.',
    visibleAfterMs: mendsItselfMs,
  },
  tls: {
    code: 'NC-CLUSTER-003',
    title: 'The TLS certificate of the MCP server is not trusted',
    fix: "Set the cluster's mcp.ca_file to the certificate authority of the server, and check the host name in {endpoint}.",
    about:
      'The certificate is signed by an unknown authority, has expired, or is for another name; or the port speaks no TLS.',
  },
  unauthorized: {
    code: 'NC-CLUSTER-004',
    title: 'The MCP server refuses the credentials',
    fix: "Check the cluster's mcp.api_key and mcp.headers.",
    about: 'The server answered 401 or 403. It is tried again slowly, since nothing changes until a person changes it.',
  },
  notFound: {
    code: 'NC-CLUSTER-005',
    title: 'There is no MCP server at this address',
    fix: 'Check the path in {endpoint}; kubernetes-mcp-server serves /mcp and, in its older form, /sse.',
    about: 'The server answered 404, 405 or a redirect to the first request of a session.',
  },
  serverError: {
    code: 'NC-CLUSTER-006',
    title: 'The MCP server answers with an error',
    fix: 'Look into the log of the MCP server, or of the proxy in front of it.',
    about: 'The server answered 5xx, 429 or another unexpected HTTP status.',
    visibleAfterMs: mendsItselfMs,
  },
  notMcp: {
    code: 'NC-CLUSTER-007',
    title: 'What answers is no MCP server',
    fix: 'Check that {endpoint} is the MCP server itself and not a login page or a proxy.',
    about: 'The answer was HTML, broken JSON, or JSON that is no JSON-RPC message of the Model Context Protocol.',
  },
  silent: {
    code: 'NC-CLUSTER-008',
    title: 'The MCP server accepts connections and does not answer',
    fix: 'Look at the load of the MCP server; restart it when it hangs.',
    about: 'A request got no answer within its time limit, although the TCP connection stood.',
    visibleAfterMs: mendsItselfMs,
  },
  lost: {
    code: 'NC-CLUSTER-009',
    title: 'The session with the MCP server was lost',
    fix: 'Nothing to do when it comes back by itself. Often: give the load balancer session affinity and no idle time limit below one minute.',
    about:
      'The stream ended, a ping was not answered, or the server no longer knows the session (404) or believes in an older one (409). A new session is made at once.',
    visibleAfterMs: mendsItselfMs,
  },
  cannotPush: {
    code: 'NC-CLUSTER-010',
    title: 'The MCP server cannot push faults',
    fix: 'Use a server with events_subscribe, or set mcp.mode of {cluster} to auto or sweep.',
    about: 'mcp.mode is subscribe, but the server has no events_subscribe tool or no stream for notifications.',
  },
  subscribeRefused: {
    code: 'NC-CLUSTER-011',
    title: 'The MCP server refuses the subscription',
    fix: 'Look into the log of the MCP server: it allows 10 subscriptions a session and 100 in all.',
    about:
      'events_subscribe or logging/setLevel answered with an error, or not at all. Faults are found by sweeps, and the subscription is tried again with a growing back-off.',
    visibleAfterMs: mendsItselfMs,
  },
  protocol: {
    code: 'NC-CLUSTER-012',
    title: 'The MCP server breaks the protocol',
    fix: 'Update the MCP server to a release that speaks MCP 2025-11-25 or older.',
    about:
      'The server answered with a JSON-RPC error or an answer of the wrong form where the protocol wants a result.',
  },
  tooLarge: {
    code: 'NC-CLUSTER-013',
    title: 'An answer of the MCP server is too large',
    fix: 'Raise connection.max_response, or run the MCP server with --list-output table.',
    about: 'A tool answered with more than connection.max_response bytes. What came was thrown away.',
  },
  sweepFailed: {
    code: 'NC-CLUSTER-014',
    title: 'The cluster cannot be swept',
    fix: 'Check what the credential of the MCP server of {cluster} may read, and whether its API server answers.',
    about: 'No list of the sweep could be read, so active faults cannot be found and none can be seen to clear.',
    visibleAfterMs: mendsItselfMs,
  },
  redirected: {
    code: 'NC-CLUSTER-015',
    title: 'The MCP server sends us elsewhere',
    fix: 'Set mcp.endpoint of {cluster} to the final address.',
    about: 'The answer was a redirect. It is not followed, because it would take the credentials to another place.',
  },
  caFile: {
    code: 'NC-CLUSTER-016',
    title: 'The certificate authority file cannot be read',
    fix: 'Check that mcp.ca_file of {cluster} exists, is readable, and holds PEM certificates.',
    about: 'The file is read at every attempt to connect, so that a rotated authority needs no restart.',
  },
  podsUnread: {
    code: 'NC-CLUSTER-020',
    title: 'The pods of the cluster cannot be read',
    fix: 'Let the credential of the MCP server of {cluster} list pods (deploy/rbac/ has a role for it).',
    about:
      'Without its pods a cluster is not watched, whatever else is read: it is tried again every minute, what the other lists show is taken up, and after ten minutes people are told.',
  },
  sweepPartial: {
    code: 'NC-CLUSTER-017',
    title: 'The sweep cannot read a whole kind',
    fix: 'Check what the credential of the MCP server of {cluster} may list, and the limits of its answers.',
    about:
      'The other kinds are looked at. Faults of objects that cannot be listed are not found by the sweep, and are not seen to clear.',
  },
  noStream: {
    code: 'NC-CLUSTER-018',
    title: 'The stream for notifications cannot be had',
    fix: 'Let GET requests pass to {endpoint} unchanged and unbuffered, or set mcp.mode of {cluster} to sweep.',
    about:
      'The server, or a proxy in front of it, answered the GET of the Streamable HTTP transport with an error, with something that is no event stream, or not at all, or the stream ends again and again. Faults are found by sweeps, and the stream is tried again with a growing back-off.',
    visibleAfterMs: mendsItselfMs,
  },
  wrongCluster: {
    code: 'NC-CLUSTER-019',
    title: 'The MCP server shows another cluster',
    fix: 'Run the server with a kubeconfig that has the context of {cluster} (triage.context), or give {cluster} a server of its own.',
    about:
      "The uid of the namespace kube-system differs between the server's tools and the kubeconfig of the cluster: faults of one cluster would be told under the name of another. Nothing of the server is accepted, neither pushed faults nor sweeps. A server with several contexts is asked for the one of triage.context, or for the current one of the kubeconfig, by its name.",
  },
  isNightcrier: {
    code: 'NC-CLUSTER-021',
    title: 'A nightcrier answers where the MCP server should',
    fix: 'Set mcp.endpoint of {cluster} to the address of its kubernetes-mcp-server; {endpoint} is the HTTP server of a nightcrier.',
    about:
      'What answers at mcp.endpoint is this nightcrier or another one (both listen on port 8080 unless told otherwise): its HTTP server, or its MCP server, which is for assistants and pushes no faults.',
  },
} as const satisfies Record<string, ProblemKind>;

/** Problems of a cluster whose API is watched. Placeholders: `cluster`, `kubeconfig`. */
export const watchProblems = {
  unreachable: {
    code: 'NC-WATCH-001',
    title: 'The API server cannot be reached',
    fix: 'Check that the API server of {cluster} runs and that its address in {kubeconfig} is reachable from here.',
    about:
      'The connection was refused, reset, timed out, its name does not resolve, or its certificate is not trusted. It is tried again for ever, after 1 s at first, doubling up to connection.backoff_max; what changed meanwhile is read then.',
    visibleAfterMs: mendsItselfMs,
  },
  silent: {
    code: 'NC-WATCH-002',
    title: 'The API server accepts connections and does not answer',
    fix: 'Look at the load of the API server of {cluster}, and at what lies between it and nightcrier.',
    about: 'A request got no answer within its time limit, although the TCP connection stood.',
    visibleAfterMs: mendsItselfMs,
  },
  unauthorized: {
    code: 'NC-WATCH-003',
    title: 'The API server refuses the credential',
    fix: 'Put a credential that is valid into {kubeconfig}; it is read again at each attempt.',
    about:
      'The server answered 401, or the kubeconfig gives no credential (its command failed, its token file is empty). It is tried again with a back-off.',
  },
  forbidden: {
    code: 'NC-WATCH-004',
    title: 'The credential may not list anything',
    fix: 'Give the user of {kubeconfig} the rights of docs/clusters.md (list and watch, in all namespaces).',
    about: 'Every kind that the watch asks for was refused with 403, so no fault can be found.',
  },
  notKubernetes: {
    code: 'NC-WATCH-005',
    title: 'What answers is no Kubernetes API',
    fix: 'Check the address of the server in {kubeconfig}: it has to be the API server itself, not a login page or a proxy.',
    about: 'The answer was HTML, broken JSON, a list or event of another kind, or 404 for everything.',
  },
  serverError: {
    code: 'NC-WATCH-006',
    title: 'The API server answers with an error',
    fix: 'Look into the log of the API server of {cluster}, and at its etcd.',
    about: 'The server answered 5xx or 429, or with more than can be taken. It is tried again with a back-off.',
    visibleAfterMs: mendsItselfMs,
  },
  wrongCluster: {
    code: 'NC-WATCH-008',
    title: 'What is watched is another cluster than the one that reports are made of',
    fix: 'Let watch.kubeconfig and triage.kubeconfig of {cluster} name the same cluster, or leave triage.kubeconfig out.',
    about:
      'The uid of the namespace kube-system differs between the two kubeconfigs: faults of one cluster would be investigated in the other. Nothing is accepted until they agree. When one of the two cannot be read, nothing is compared.',
  },
  replaced: {
    code: 'NC-WATCH-009',
    title: 'Several clusters answer at one address',
    fix: 'Let the server in {kubeconfig} be the API server of {cluster} alone: look at its DNS name and at the load balancer in front of it.',
    about:
      'The uid of the namespace kube-system changes again and again within a minute. After the first change everything is listed anew at once; after further ones it is tried again with a back-off, up to connection.backoff_max.',
  },
  partial: {
    code: 'NC-WATCH-007',
    title: 'The watch cannot read a whole kind',
    fix: 'Give the user of {kubeconfig} list and watch of what is named, in all namespaces (docs/clusters.md).',
    about:
      'The other kinds are watched. Faults of objects that cannot be listed are not found and are not seen to clear. A kind that was refused is asked for again after 30 s at first, then up to every 5 minutes.',
  },
} as const satisfies Record<string, ProblemKind>;
