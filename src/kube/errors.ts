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
  fix: 'set triage.context to one of: {contexts}',
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
