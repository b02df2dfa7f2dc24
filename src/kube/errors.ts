import type { ProblemKind } from '../lib/problem.ts';

export const kubeconfigUnreadable: ProblemKind = {
  code: 'NC-KUBE-001',
  title: 'The kubeconfig cannot be read',
  fix: 'check that {file} exists, is a kubeconfig and can be read by nightcrier',
  about:
    'The file is missing, is no YAML, or has not the form of a kubeconfig. Files that it names (certificates, tokens) count too.',
};

export const kubeconfigContextMissing: ProblemKind = {
  code: 'NC-KUBE-002',
  title: 'The kubeconfig has no such context',
  fix: 'set the context that belongs to the kubeconfig (triage.context, watch.context) to one of: {contexts}',
  about:
    'The context that the configuration names (or the current context of the file) is not in the kubeconfig, or its cluster or user is missing.',
};

export const kubeconfigRefused: ProblemKind = {
  code: 'NC-KUBE-003',
  title: 'The kubeconfig says something that cannot be used',
  fix: 'in {file}: {todo}',
  about:
    'An entry contradicts itself, lacks a part, or asks for what is not known. kubectl refuses the same entries; one that asks a person at a terminal is refused here as well.',
};

export const kubectlMissing: ProblemKind = {
  code: 'NC-KUBE-004',
  title: 'kubectl cannot be started',
  fix: 'install kubectl, or put the folder that holds it on PATH',
  about: 'A credential is made with the kubectl of the person who asks for it, found on PATH.',
};

export const kubectlContextMissing: ProblemKind = {
  code: 'NC-KUBE-005',
  title: 'kubectl knows no such context',
  fix: 'name one of: {contexts}',
  about: 'The context is one of the kubeconfig that kubectl uses: --kubeconfig, $KUBECONFIG, or ~/.kube/config.',
};

export const grantRefused: ProblemKind = {
  code: 'NC-KUBE-006',
  title: 'The cluster does not let this person make a credential',
  fix: 'let an administrator apply what "nightcrier kubeconfig create --dry-run" prints, then run the command again',
  about:
    'Making a ServiceAccount, a ClusterRole and its binding needs rights that mostly administrators have; nobody can give rights that they do not have. Once the objects are there and unchanged, asking for a token is all that is left to do.',
};

export const kubectlFailed: ProblemKind = {
  code: 'NC-KUBE-007',
  title: 'kubectl could not do what it was asked for',
  fix: 'see what it says to: kubectl --context {context} get --raw /version',
  about:
    'The API server does not answer, refuses the credential, or refuses an object; the message is the one of kubectl.',
};

export const tokenMissing: ProblemKind = {
  code: 'NC-KUBE-008',
  title: 'The cluster gave no token',
  fix: 'ask for one that ends: --ttl 90d',
  about:
    'The controllers of a cluster put a token into a Secret that is made for it. Where they do not run, or are told not to, only tokens that end are given.',
};

/** What is wrong with the credential of a cluster as its API server sees it. */
export const credentialProblems = {
  refused: {
    code: 'NC-KUBE-021',
    title: 'The API server refuses the credential',
    fix: 'make a new credential and put it in the place of {file}: nightcrier kubeconfig create --context CONTEXT --out NEW.yaml',
    about:
      'The API server answered 401: the token or certificate was revoked, has expired, or belongs to another cluster. Faults are still found by the MCP server; investigations read only what its tools show.',
  },
  expired: {
    code: 'NC-KUBE-022',
    title: 'The credential has expired',
    fix: 'make a new credential and put it in the place of {file}: nightcrier kubeconfig create --context CONTEXT --out NEW.yaml',
    about:
      'The time that stands in the token (JWT) or in the client certificate of the kubeconfig is over, or has not begun. The kubeconfig is read again at each call, so that a new one needs no restart.',
  },
  ending: {
    code: 'NC-KUBE-023',
    title: 'The credential ends soon',
    fix: 'make one that lasts and put it in the place of {file}: nightcrier kubeconfig create --context CONTEXT --ttl 365d --out NEW.yaml',
    about:
      'The token or client certificate of the kubeconfig ends within seven days, and nothing in the kubeconfig renews it: a tokenFile that somebody renews or a credential command (exec) would. A token of `kubectl create token` lasts an hour unless --duration says otherwise.',
    severity: 'warning',
  },
  apiUnreachable: {
    code: 'NC-KUBE-024',
    title: 'The API server does not answer',
    fix: 'check that this machine reaches the address under clusters[].cluster.server of {file}',
    about:
      'The connection to the API server that the kubeconfig names failed. Faults are still found by the MCP server; investigations read only what its tools show.',
    visibleAfterMs: 120_000,
  },
  command: {
    code: 'NC-KUBE-025',
    title: 'The credential command fails',
    fix: 'install the command that {file} names under users[].user.exec for the user that runs nightcrier, and run it once by hand',
    about:
      'The user of the kubeconfig gets its credential from a program (an exec plugin such as aws, gke-gcloud-auth-plugin or kubelogin). It is not installed, is not on PATH, wants to ask a person, or ended with an error.',
  },
  rightsMissing: {
    code: 'NC-KUBE-026',
    title: 'The credential cannot read what triage needs',
    fix: 'make a credential for reading and put it in the place of {file}: nightcrier kubeconfig create --context CONTEXT --out NEW.yaml',
    about:
      'Pods, their logs and events have to be readable in all namespaces. The API server said no, so faults of the cluster are listed and not investigated.',
  },
  rightsPartial: {
    code: 'NC-KUBE-027',
    title: 'The credential cannot read everything',
    fix: 'give the user of {file} get and list of what is named, in all namespaces (docs/clusters.md)',
    about: 'What cannot be read is missing in the evidence of investigations; reports say so.',
    severity: 'warning',
  },
  canWrite: {
    code: 'NC-KUBE-028',
    title: 'The credential can change the cluster',
    fix: 'make a credential for reading and put it in the place of {file}: nightcrier kubeconfig create --context CONTEXT --out NEW.yaml',
    about:
      'Nothing is ever written to a cluster, and agents reach the cluster only through a gateway that reads; a credential that cannot write is what holds when all else fails. `permissions.require_read_only: true` turns triage off for such clusters.',
    severity: 'warning',
  },
  administrator: {
    code: 'NC-KUBE-029',
    title: 'The credential may do everything',
    fix: 'make a credential for reading and put it in the place of {file}: nightcrier kubeconfig create --context CONTEXT --out NEW.yaml',
    about:
      'The API server allows every write that was asked for, impersonation and the giving of roles among them: this is the credential of an administrator (cluster-admin).',
    severity: 'warning',
  },
  secretsReadable: {
    code: 'NC-KUBE-030',
    title: 'The credential can read Secrets, which is not allowed',
    fix: 'take the right to read secrets from the user of {file}, or set triage.allow_secrets_access: true',
    about: 'triage.allow_secrets_access is false, and the API server would show all Secrets to this credential.',
    severity: 'warning',
  },
  unknown: {
    code: 'NC-KUBE-031',
    title: 'What the credential may do is not known',
    fix: 'run what is named by hand: kubectl --kubeconfig {file} auth can-i get pods -A',
    about:
      'The API server was asked and gave no answer that is yes or no. Unknown is not no: triage stays on, and the question is asked again.',
    severity: 'warning',
    visibleAfterMs: 120_000,
  },
  kubectlMissing: {
    code: 'NC-KUBE-032',
    title: 'kubectl is not installed',
    fix: 'install kubectl, or put it on the PATH of the user that runs nightcrier',
    about:
      'The permissions of each credential are asked with kubectl. Without it they are unknown, and triage goes on.',
    severity: 'warning',
  },
  kubectlVersion: {
    code: 'NC-KUBE-033',
    title: 'kubectl is far from the version of an API server',
    fix: 'install kubectl {wanted}',
    about:
      'Kubernetes supports a kubectl that is one minor version older or newer than the API server. More than three apart, answers are not to be relied on.',
    severity: 'warning',
  },
  apiTls: {
    code: 'NC-KUBE-034',
    title: 'The certificate of the API server is not trusted',
    fix: 'put the authority of the API server into {file} (certificate-authority-data), and check the host name of its server',
    about:
      'The certificate is signed by another authority than the kubeconfig names, has expired, or is for another name; a clock that is wrong looks the same.',
  },
} as const satisfies Record<string, ProblemKind>;
