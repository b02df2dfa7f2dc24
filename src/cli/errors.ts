import type { ProblemKind } from '../lib/problem.ts';

export const incidentNotFound: ProblemKind = {
  code: 'NC-CLI-002',
  title: 'There is no such incident',
  fix: 'nightcrier incidents lists them',
  about:
    'The id is unknown, was deleted after the retention time, fits more than one incident, or is a part of fewer than four characters.',
};

export const objectInvalid: ProblemKind = {
  code: 'NC-CLI-003',
  title: 'The object is not named as KIND/NAMESPACE/NAME',
  fix: 'write for example Deployment/shop/cart or deploy/cart -n shop; node/node-1 or Node//node-1 for an object without a namespace',
  about:
    'Commands that take one object take kind, namespace and name with slashes between them, or KIND/NAME or KIND NAME with -n NAMESPACE as kubectl does. A kind of the whole cluster has no namespace, any other needs one.',
};

export const kindUnknown: ProblemKind = {
  code: 'NC-CLI-011',
  title: 'There is no such kind of object',
  fix: 'write the kind as kubectl does: deployment, deploy, deployments or deployments.apps',
  about:
    "Known are the kinds of Kubernetes' own API, by kind, plural, short name, and with their group. why also knows each kind of which faults are kept; triage asks a cluster only for the known ones.",
};

export const clusterUnknown: ProblemKind = {
  code: 'NC-CLI-004',
  title: 'The configuration has no such cluster',
  fix: 'use one of: {clusters}',
  about: 'The name of the cluster is the one under clusters[].name.',
};

export const daemonUnreachable: ProblemKind = {
  code: 'NC-CLI-005',
  title: 'The running daemon does not answer',
  fix: 'start it with "nightcrier run", or correct health.host and health.port',
  about: 'tail follows the daemon over its HTTP server, at health.host and health.port of the configuration.',
};

export const daemonRefused: ProblemKind = {
  code: 'NC-CLI-006',
  title: 'The running daemon refused the request',
  fix: 'check health.token: the daemon and this command must have the same',
  about: 'The HTTP server of the daemon answered with an error, most often because the token is missing or wrong.',
};

export const fileExists: ProblemKind = {
  code: 'NC-CLI-007',
  title: 'The file exists already',
  fix: 'edit it, or write another: nightcrier init --config OTHER.yaml',
  about: 'init never overwrites a file.',
};

export const credentialExists: ProblemKind = {
  code: 'NC-CLI-012',
  title: 'The kubeconfig to write exists already',
  fix: 'write another with --out, look at it, and put it in the place of the old one: mv NEW {file}',
  about:
    'kubeconfig create never overwrites a file. The daemon reads a kubeconfig again when it has changed, so moving a new one into its place needs no restart.',
};

export const endpointInvalid: ProblemKind = {
  code: 'NC-CLI-015',
  title: 'The address of the server cannot be used',
  fix: 'give the address of the kubernetes-mcp-server, path included: --endpoint http://HOST:PORT/mcp',
  about:
    "An endpoint is an http or https address of another program, without a user and password in it. {name} in it stands for each cluster's name, so that clusters get servers of their own.",
};

export const contextUnknown: ProblemKind = {
  code: 'NC-CLI-014',
  title: 'The kubeconfig has no such context',
  fix: 'name one of: {contexts}',
  about: 'The contexts are those of --from-kubeconfig, else of $KUBECONFIG or ~/.kube/config, merged as kubectl does.',
};

export const kubeconfigUnusable: ProblemKind = {
  code: 'NC-CLI-008',
  title: 'The kubeconfig cannot be used',
  fix: 'name another: nightcrier init --from-kubeconfig FILE',
  about: 'init reads the contexts of a kubeconfig; the file is missing, is none, or has no contexts.',
};

export const healthOff: ProblemKind = {
  code: 'NC-CLI-009',
  title: "The daemon's HTTP server is turned off",
  fix: 'set health.port to a port',
  about: 'health.port is 0, so a command cannot reach the running daemon.',
};

export const auditMissing: ProblemKind = {
  code: 'NC-CLI-010',
  title: 'There is no record of what an agent asked for',
  fix: 'name a gateway.jsonl of the artifacts; the workspaces of a run are deleted after storage.retention.workspaces',
  about:
    'Only runs whose agent goes through the gateway have a record, as logs/gateway.jsonl of workspace and artifacts.',
};

export const matcherInvalid: ProblemKind = {
  code: 'NC-CLI-021',
  title: 'A matcher is not understood',
  fix: 'write for example namespace=dev, kind!=Job or \'cluster=~"prod-.*"\' (quotes of the shell around those of the matcher)',
  about:
    'silence add takes matchers as Alertmanager has them: a name, one of =, !=, =~ and !~, a value. At least one must not fit an empty value, so that a forgotten value does not silence everything.',
};

export const reportMissing: ProblemKind = {
  code: 'NC-CLI-001',
  title: 'The investigation ended without a report',
  fix: 'nightcrier show {id}',
  about: 'Not even the built-in analyst could write a report; the incident says why.',
};

export const reportNotYet: ProblemKind = {
  code: 'NC-CLI-024',
  title: 'There is no report yet',
  fix: 'nightcrier show {id}',
  about: 'The incident waits, or is being investigated; its report is there when that ends.',
};

export const reportUnstored: ProblemKind = {
  code: 'NC-CLI-025',
  title: 'No report is stored',
  fix: 'nightcrier show {id}',
  about:
    'The incident ended before it was investigated, its report could not be stored, or it was deleted after the retention time.',
};

export const nothingReceived: ProblemKind = {
  code: 'NC-CLI-026',
  title: 'Nothing was received about the object',
  fix: 'nightcrier doctor --cluster {cluster} says whether the cluster is heard',
  about:
    'No fault of the object, of what it owns or of its pods is kept: it had none, the cluster is not heard, or they were deleted after the retention time.',
};

export const codeUnknown: ProblemKind = {
  code: 'NC-CLI-020',
  title: 'There is no such code',
  fix: 'nightcrier explain {nearest}',
  about: 'Codes are NC-AREA-NNN, as logs, messages, the health page and doctor print them.',
};

export const mcpArgumentsInvalid: ProblemKind = {
  code: 'NC-CLI-022',
  title: 'The arguments of a tool are no JSON object',
  fix: 'write them as one, in quotes of the shell: nightcrier mcp call list_pods \'{"namespace": "shop"}\'',
  about:
    'mcp call takes the arguments of a tool as one JSON object; nightcrier mcp call -o json lists what each takes.',
};

export const mcpUnreachable: ProblemKind = {
  code: 'NC-CLI-023',
  title: 'The MCP server does not answer',
  fix: 'see the sentence for what it said; a key is given with --key, another address with --url',
  about:
    'mcp call asks the MCP server of the running daemon, or the one of --url: it cannot be reached, refuses the key, is turned off, or is none.',
};
