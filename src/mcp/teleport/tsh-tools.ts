import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { clientVersion, clustersOf } from '../../teleport/ask-tsh.ts';
import { majorOf } from '../../teleport/compatibility.ts';
import { TeleportError } from '../../teleport/errors.ts';
import { pingProxy } from '../../teleport/proxy-ping.ts';
import { type Readiness, readiness } from '../../teleport/readiness.ts';
import { define, type Tool } from '../tool.ts';
import { rethrow } from './failure.ts';
import { saidOutput, teleportClusterArg, TeleportUse, type TeleportToolsDeps } from './teleport-use.ts';

const toolset = 'teleport' as const;
const audiences = ['assistant', 'operator'] as const;

/** The tools that look at tsh and at the proxy. */
export function tshTools(deps: TeleportToolsDeps): readonly Tool[] {
  return [checkInstalled(deps), getClientVersion(deps), getProxyVersion(deps), verifyCompatibility(deps)];
}

function checkInstalled(deps: TeleportToolsDeps): Tool {
  return define({
    name: 'check_tsh_installed',
    toolset,
    title: 'Is tsh installed?',
    description:
      'Says whether the Teleport client tsh is installed on the machine of this server, where, and in which version. Use it first when something with Teleport fails.',
    audiences,
    foreign: false,
    input: z.strictObject({}),
    output: z.object({
      ...saidOutput,
      installed: z.boolean(),
      path: z.string().describe('The program that is run.'),
      version: z.string(),
    }),
    run: async (_args, call) => {
      const use = new TeleportUse(deps, call);
      const { version } = await clientVersion(use.tsh, call.signal).catch(rethrow(use.settings));
      const found = await programPath(use.settings.tsh, deps.env['PATH'] ?? '');
      return {
        success: true,
        installed: true,
        path: found,
        version,
        message: `tsh ${version} is installed at ${found}.`,
      };
    },
  });
}

function getClientVersion(deps: TeleportToolsDeps): Tool {
  return define({
    name: 'get_tsh_client_version',
    toolset,
    title: 'Version of tsh',
    description: 'Gives the version of the Teleport client tsh of this server, without asking the network.',
    audiences,
    foreign: false,
    input: z.strictObject({}),
    output: z.object({
      ...saidOutput,
      version: z.string(),
      major: z.int(),
      raw: z.string().describe('What tsh printed.'),
    }),
    run: async (_args, call) => {
      const use = new TeleportUse(deps, call);
      const { version, raw } = await clientVersion(use.tsh, call.signal).catch(rethrow(use.settings));
      return {
        success: true,
        version,
        major: majorOf(version) ?? 0,
        raw: raw.slice(0, 4096),
        message: `tsh is ${version}.`,
      };
    },
  });
}

function getProxyVersion(deps: TeleportToolsDeps): Tool {
  return define({
    name: 'get_teleport_proxy_version',
    toolset,
    title: 'Version of the Teleport proxy',
    description: 'Asks the Teleport proxy for its version and for the oldest client that it takes. Needs no login.',
    audiences,
    input: z.strictObject({ cluster: teleportClusterArg }),
    output: z.object({
      ...saidOutput,
      cluster: z.string(),
      proxy: z.string(),
      server_version: z.string(),
      min_client_version: z.string().optional(),
      cluster_name: z.string().describe('Its root cluster.'),
    }),
    run: async ({ cluster }, call) => {
      const use = new TeleportUse(deps, call);
      const { proxy } = use.settings;
      const named = use.cluster(cluster);
      const ping = await pingProxy(proxy, deps.ways, call.signal).catch(rethrow(use.settings));
      return {
        success: true,
        cluster: named,
        proxy,
        server_version: ping.serverVersion,
        ...(ping.minClientVersion === null ? {} : { min_client_version: ping.minClientVersion }),
        cluster_name: ping.clusterName,
        message: `The proxy ${proxy} of ${named} is ${ping.serverVersion}.`,
      };
    },
  });
}

const compatibilityOutput = z.object({
  ...saidOutput,
  compatible: z.boolean().describe('tsh and the proxy fit together.'),
  client: z.string().optional(),
  server: z.string().optional(),
  rule: z.string().describe('Why they fit, or do not.'),
  problems: z
    .array(z.object({ code: z.string(), message: z.string(), fix: z.string() }))
    .describe('What keeps Teleport from being used now.'),
  warnings: z.array(z.string()).describe('What will be a problem soon.'),
  logged_in: z.boolean(),
  expires_at: z.string().optional().describe('End of the login, ISO 8601 UTC.'),
  logins: z.array(z.string()).describe('Logins on nodes that the roles allow.'),
  clusters: z
    .array(z.object({ cluster: z.string(), status: z.string() }))
    .describe('The clusters that were asked for, as the proxy knows them.'),
});

function verifyCompatibility(deps: TeleportToolsDeps): Tool {
  return define({
    name: 'verify_teleport_compatibility',
    toolset,
    title: 'Can Teleport be used?',
    description:
      'Checks that tsh fits the proxy, that there is a login and until when, and that the proxy knows the clusters. Use it when a command through Teleport fails, or before its first use.',
    audiences,
    input: z.strictObject({
      cluster: teleportClusterArg.optional().describe('One Teleport cluster; without it all that may be used.'),
    }),
    output: compatibilityOutput,
    run: async ({ cluster }, call) => {
      const use = new TeleportUse(deps, call);
      const wanted = cluster === undefined ? use.clusters : [use.cluster(cluster)];
      const ping = (signal: AbortSignal) => pingProxy(use.settings.proxy, deps.ways, signal);
      const found = await readiness(use.tsh, ping, deps.clock.now(), call.signal);
      const clusters = found.problems.length > 0 ? [] : await knownClusters(use, wanted, call.signal);
      const missing = clusters.filter(({ status }) => status !== 'online');
      const problems = [
        ...found.problems,
        ...missing.map((one) =>
          use.tsh
            .errorOf({ kind: 'unknown_cluster', message: `the proxy says that ${one.cluster} is ${one.status}` }, one)
            .toProblem(),
        ),
      ];
      return {
        ...readinessJson(found),
        problems,
        clusters,
        success: problems.length === 0,
        message: sentence(found, problems),
      };
    },
  });
}

async function knownClusters(use: TeleportUse, wanted: readonly string[], signal: AbortSignal) {
  try {
    const known = new Map((await clustersOf(use.tsh, signal)).map(({ name, status }) => [name, status]));
    return wanted.map((cluster) => ({ cluster, status: known.get(cluster) ?? 'unknown to it' }));
  } catch (error) {
    if (!(error instanceof TeleportError)) throw error;
    return wanted.map((cluster) => ({ cluster, status: `not known: ${error.message}` }));
  }
}

function readinessJson({ client, proxy, compatibility, login, problems, warnings }: Readiness) {
  const expiresAt = login?.validUntil ?? null;
  return {
    compatible: compatibility?.compatible ?? false,
    ...(client === null ? {} : { client }),
    ...(proxy === null ? {} : { server: proxy.serverVersion }),
    rule: compatibility?.rule ?? 'the versions of tsh and of the proxy are not both known',
    warnings: [...warnings],
    logged_in: login !== null && !problems.some(({ code }) => /-00[23]$/.test(code)),
    ...(expiresAt === null ? {} : { expires_at: new Date(expiresAt).toISOString() }),
    logins: [...(login?.logins ?? [])],
  };
}

function sentence({ compatibility, warnings }: Readiness, problems: readonly { message: string }[]): string {
  const [first] = problems;
  if (first !== undefined) return `Teleport cannot be used as it is: ${first.message}.`;
  return `Teleport can be used: ${[compatibility?.rule ?? 'the versions are not known', ...warnings].join('; ')}.`;
}

/** Where a program is that is started by its name; the name when it cannot be found. */
async function programPath(name: string, searched: string): Promise<string> {
  if (name.includes('/')) return name;
  for (const folder of searched.split(path.delimiter)) {
    const file = path.join(folder, name);
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (folder !== '' && isThere) return file;
  }
  return name;
}
