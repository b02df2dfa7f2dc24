import { ReadError, type ReadFailure } from '../kube/cluster-reader.ts';
import { ProblemError, type ProblemKind } from '../lib/problem.ts';

/** What keeps tsh, a node or its kubectl from answering: a closed list. */
export type TshFailureKind = keyof typeof teleportProblems;

/** Such as a network that is away for a moment. */
const mendsItselfMs = 60_000;

/**
 * Problems of the way through Teleport. Placeholders: `tsh`, `home`, `proxy`, `login` (how tsh gets a valid login),
 * `cluster`, `node`, `user`, `kube`.
 */
export const teleportProblems = {
  not_installed: {
    code: 'NC-TELEPORT-001',
    title: 'tsh is not installed',
    fix: 'Install tsh on this machine in the major version of the proxy or one below (https://goteleport.com/docs/installation/), or set teleport.tsh to where it is; {tsh} cannot be started.',
    about:
      'Clusters behind Teleport are reached with the tsh of this machine. nightcrier brings none and downloads none; tsh must not replace itself either (TELEPORT_TOOLS_VERSION=off is set for it).',
  },
  not_logged_in: {
    code: 'NC-TELEPORT-002',
    title: 'tsh is not logged in',
    fix: 'Give tsh a login: {login}.',
    about:
      'There is no login in teleport.home, or no identity file that can be read. nightcrier never logs in by itself: a login needs a person, or Machine ID (tbot), which renews an identity file.',
  },
  expired: {
    code: 'NC-TELEPORT-003',
    title: 'The login of tsh has expired',
    fix: 'Renew the login: {login}.',
    about:
      'The certificate of tsh has ended. Logins of people last hours; for a daemon let Machine ID (tbot) renew an identity file, and name it with teleport.identity_file.',
  },
  unreachable: {
    code: 'NC-TELEPORT-004',
    title: 'The Teleport proxy cannot be reached',
    fix: 'Check teleport.proxy ({proxy}) and the way to it from here; `curl https://{proxy}/webapi/ping` has to answer.',
    about:
      'The name does not resolve, the connection was refused or timed out, or the certificate of the proxy is not trusted. It is tried again with a back-off.',
    visibleAfterMs: mendsItselfMs,
  },
  access_denied: {
    code: 'NC-TELEPORT-005',
    title: 'Teleport does not let us in',
    fix: 'Give the Teleport user of nightcrier a role that allows it: the login {user} on {node} of {cluster}, without MFA for each session.',
    about:
      'The roles of the login do not allow the node, the login on it, or the Kubernetes cluster. Access requests are off on purpose: a daemon must not ask for rights by itself.',
  },
  unknown_node: {
    code: 'NC-TELEPORT-006',
    title: 'Teleport knows no such node',
    fix: 'Name a node that `tsh ls --cluster={cluster}` shows, by its hostname; {node} is none, or its agent is offline.',
    about: 'The node is not registered in the Teleport cluster, its name is ambiguous, or its agent is offline.',
    visibleAfterMs: mendsItselfMs,
  },
  unknown_cluster: {
    code: 'NC-TELEPORT-007',
    title: 'Teleport knows no such cluster',
    fix: 'Name a cluster that `tsh clusters` shows ({cluster}), and for access kube a Kubernetes cluster that `tsh kube ls` shows ({kube}).',
    about: 'The proxy has no such root or leaf cluster, it is offline, or Teleport has no such Kubernetes cluster.',
  },
  incompatible: {
    code: 'NC-TELEPORT-008',
    title: 'The version of tsh does not fit the proxy',
    fix: 'Install a tsh with the major version of the proxy {proxy}, or one below.',
    about:
      'A Teleport proxy serves clients of its own major version and of the one before, never newer ones; it may ask for more with its minimum version.',
  },
  remote: {
    code: 'NC-TELEPORT-009',
    title: 'The command cannot be run on the node',
    fix: 'Let {user} run kubectl on {node} of {cluster}: kubectl installed, with a kubeconfig that works, and (teleport.sudo) allowed by sudo without a password.',
    about:
      'tsh reached the node, and there kubectl is missing, sudo wants a password or refuses, or kubectl does not reach its API server.',
  },
  timeout: {
    code: 'NC-TELEPORT-010',
    title: 'tsh gave no answer in time',
    fix: 'Run the same by hand: tsh ssh --cluster={cluster} {user}@{node} true; look at the load of {node} and of the proxy {proxy}.',
    about: 'The process group was ended: SIGTERM, two seconds later SIGKILL.',
    visibleAfterMs: mendsItselfMs,
  },
  too_large: {
    code: 'NC-TELEPORT-011',
    title: 'The answer through Teleport is too large',
    fix: 'Ask for less: fewer lines, a narrower filter.',
    about: 'What a remote command writes is bounded; what was over the limit was thrown away.',
  },
  failed: {
    code: 'NC-TELEPORT-012',
    title: 'tsh failed',
    fix: 'Run the same by hand with TELEPORT_HOME={home}; what tsh said is in the message.',
    about: 'tsh ended with an error that is none of the known ones.',
    visibleAfterMs: mendsItselfMs,
  },
} as const satisfies Record<string, ProblemKind>;

/** What Teleport, tsh or a node did not do; programs react to `kind`. */
export class TeleportError extends ProblemError {
  readonly kind: TshFailureKind;

  constructor(kind: TshFailureKind, message: string, fields: Record<string, string>) {
    super(teleportProblems[kind], message, { fields });
    this.name = 'TeleportError';
    this.kind = kind;
  }
}

/** The same for who reads a cluster this way; the problem goes with it. */
export function asReadError(error: TeleportError): ReadError {
  return new ReadError(readFailures[error.kind], error.message, { cause: error, problem: error.toProblem() });
}

/** Whether it may work later, and what it is about. */
const readFailures: Readonly<Record<TshFailureKind, ReadFailure>> = {
  not_installed: 'unreachable',
  not_logged_in: 'unauthorized',
  expired: 'unauthorized',
  unreachable: 'unreachable',
  access_denied: 'unauthorized',
  unknown_node: 'unreachable',
  unknown_cluster: 'unreachable',
  incompatible: 'unreachable',
  remote: 'unreachable',
  timeout: 'timeout',
  too_large: 'too_large',
  failed: 'unreachable',
};
