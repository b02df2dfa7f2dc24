import { z } from 'zod';
import { duration } from '../lib/quantity.ts';

/**
 * Forms of names that reach the command line of tsh. None begins with a dash, so none can be taken for a flag.
 * Kubernetes clusters: https://goteleport.com/docs/reference/ (letters, digits, dots, dashes, underscores).
 */
export const nodeForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;
export const userForm = /^[a-z_][a-z0-9._-]{0,31}$/;
/** A Teleport cluster, and a Kubernetes cluster that Teleport knows. */
export const clusterForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;
/** `HOST` or `HOST:PORT`. */
const proxyForm = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?(?::[0-9]{1,5})?$/;

const teleportCluster = z.string().regex(clusterForm, 'the name of a Teleport cluster');
const user = z.string().regex(userForm, 'a login: small letters, digits, ., _ and -, at most 32');

/** How nightcrier uses Teleport: with a tsh of its own that is logged in by somebody else. */
export const teleportSchema = z
  .strictObject({
    tsh: z.string().min(1).default('tsh').describe('The tsh program: a name on PATH, or a path.'),
    home: z
      .string()
      .min(1)
      .optional()
      .describe('Folder of this tsh alone (TELEPORT_HOME), never that of a person; without it, tsh in data_dir.'),
    proxy: z
      .string()
      .regex(proxyForm, 'HOST or HOST:PORT')
      .describe('Address of the Teleport proxy.')
      .meta({ examples: ['teleport.example.com:443'] }),
    identity_file: z
      .string()
      .min(1)
      .optional()
      .describe('Identity file that tbot (Machine ID) renews; without it, the login that somebody made in home.'),
    user: user.describe('Login on the nodes, unless a cluster has its own.'),
    allowed_clusters: z
      .array(teleportCluster)
      .min(1)
      .optional()
      .describe('Teleport clusters that may be used at all; without it, those that clusters[].teleport names.'),
    allowed_nodes: z
      .array(z.string().regex(/^[A-Za-z0-9*?][A-Za-z0-9*?._-]{0,252}$/, 'the name of a node, with * and ?'))
      .default([])
      .describe(
        'Nodes of the allowed clusters that tools may reach, beside those of clusters[].teleport; * and ? stand for any text and letter.',
      ),
    allowed_users: z
      .array(user)
      .default([])
      .describe(
        'Logins that tools may use on every node that they may reach, beside user; that of a clusters[].teleport is for its node alone.',
      ),
    log_paths: z
      .array(z.string().regex(/^\/[A-Za-z0-9*?._/@+-]+$/, 'an absolute path, with *, ** and ?'))
      .default(['/var/log/syslog', '/var/log/messages', '/var/log/kern.log'])
      .describe('Log files that tools may read on nodes: paths with *, ** and ?.'),
    max_sessions: z
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe('tsh processes at the same time for one cluster; as many again may follow logs.'),
    list_interval: duration('60s').describe(
      'Between lists of a kind, for a cluster that is read over tsh ssh and has neither mcp nor watch.',
    ),
  })
  .describe('Clusters behind Teleport (docs/teleport.md).');
export type TeleportConfig = z.infer<typeof teleportSchema>;

/** Where one cluster is in Teleport. */
export const clusterTeleportSchema = z
  .strictObject({
    cluster: teleportCluster.describe('The Teleport cluster.'),
    node: z
      .string()
      .regex(nodeForm, 'the name of a node: letters, digits, ., _ and -')
      .describe('The node that runs kubectl, as tsh ls shows it.'),
    user: user.optional().describe('Login on the node; without it, teleport.user.'),
    sudo: z.boolean().default(true).describe('Run kubectl as root there, with sudo and without a password.'),
    access: z
      .enum(['ssh', 'kube'])
      .default('ssh')
      .describe(
        'ssh: kubectl on the node over tsh ssh. kube: a local proxy, where Teleport knows the Kubernetes cluster.',
      ),
    kube_cluster: z
      .string()
      .regex(clusterForm, 'the name of a Kubernetes cluster in Teleport')
      .optional()
      .describe('For access kube: its name, as tsh kube ls shows it; without it, the name of the cluster here.'),
  })
  .describe('The way to the cluster through Teleport, and its place there; needs teleport.proxy and teleport.user.');
export type ClusterTeleportConfig = z.infer<typeof clusterTeleportSchema>;
