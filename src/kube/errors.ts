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
