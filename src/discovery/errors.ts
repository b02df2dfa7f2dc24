import type { ProblemKind } from '../lib/problem.ts';

/** Problems of discovery in a management cluster. Placeholders: `source`, `secret`, `name`. */
export const discoveryProblems = {
  unreadable: {
    code: 'NC-DISCOVERY-001',
    title: 'The management cluster cannot be asked for clusters',
    fix: 'Check that the credential of {source} may list Secrets there, and that its API server is reachable from here.',
    about:
      'The Secrets of a source of discovery could not be listed, or not all of them. No cluster is removed for it: those that were found before stay as they are. It is asked again at the interval of discovery[].refresh.',
  },
  unusable: {
    code: 'NC-DISCOVERY-002',
    title: 'A cluster Secret cannot be used',
    fix: 'Correct the Secret {secret}, or leave it out by discovery[].selector.',
    about:
      'The Secret holds no kubeconfig (Cluster API) or no address and credential (Argo CD), or its kubeconfig names files, which would be files of this machine. A cluster that was found in it before stays as it is.',
  },
  execRefused: {
    code: 'NC-DISCOVERY-003',
    title: 'A cluster Secret wants a command to be run',
    fix: 'Put a token or a certificate into {secret}, or set discovery[].allow_exec: true when you trust all who can write such Secrets.',
    about:
      'The credential of the cluster is a command (exec of a kubeconfig, execProviderConfig or awsAuthConfig of Argo CD). Commands out of a Secret are not run unless it is allowed: whoever can write the Secret could run programs here. A cluster whose command was allowed before is no cluster any more.',
  },
  nameTaken: {
    code: 'NC-DISCOVERY-004',
    title: 'A discovered cluster has the name of another one',
    fix: 'Set discovery[].template.name, for example "{namespace}-{name}", so that each has a name of its own.',
    about:
      'The name of a cluster is its identity. One of the configuration goes before one that is discovered, and of two that are discovered the one that was found first. The other one is not watched.',
  },
  invalid: {
    code: 'NC-DISCOVERY-005',
    title: 'A discovered cluster does not fit the configuration',
    fix: 'Correct discovery[].template, or the name or labels that it takes from {secret}.',
    about:
      'What the template makes of the cluster is no cluster of the configuration: its name has other characters than letters, digits, _ and -, or is too long, or an address is none.',
  },
  listLost: {
    code: 'NC-DISCOVERY-006',
    title: 'The list of discovered clusters cannot be read',
    fix: 'Let the user of the daemon read and write data_dir/discovered; the list is written anew when every source of discovery has answered.',
    about:
      'What an earlier process found stands in data_dir/discovered/index.json, which is damaged or not readable. Until every source has answered once, no incident of a cluster that is not configured is closed, and no kubeconfig is deleted.',
  },
  mostGone: {
    code: 'NC-DISCOVERY-007',
    title: 'Most clusters of a source are gone at once',
    fix: 'Check that {source} is the management cluster that is meant, and that namespace, selector and format of the source find its Secrets; when the clusters are gone indeed, wait.',
    about:
      'All clusters of a source, or more than half of four or more, have no Secret any more. That may be a management cluster that is restored, the wrong one, or a selector with a mistake, so the clusters and their incidents stay until all lists of ten minutes have said so.',
  },
} as const satisfies Record<string, ProblemKind>;
