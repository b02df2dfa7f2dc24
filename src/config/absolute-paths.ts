import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClusterPart } from './cluster-files.ts';
import type { ConfigFiles } from './files/files.ts';
import type { ClusterConfig, Config } from './schema.ts';

/** The script that comes with the program, from `src/config/` and from `dist/config/` alike. */
const packagedScript = fileURLToPath(new URL('../../scripts/run-agent.sh', import.meta.url));

/**
 * Makes every path of a configuration absolute: relative to the file, `storage.*.path` relative to `data_dir`. A command
 * that begins with `./` or `../` is a path too. The clusters of `parts` come after its own.
 */
export function absolutePaths(config: Config, files: ConfigFiles, parts: readonly ClusterPart[]): Config {
  const dataDir = files.absolute(config.data_dir);
  const { state, artifacts } = config.storage;
  return {
    ...config,
    data_dir: dataDir,
    clusters: [
      ...config.clusters.map((cluster) => absoluteCluster(cluster, files)),
      ...parts.flatMap((part) => part.clusters.map((cluster) => absoluteCluster(cluster, part.files))),
    ],
    discovery: config.discovery.map(({ template, ...source }) => ({
      ...source,
      kubeconfig: files.absolute(source.kubeconfig),
      template: {
        ...template,
        ...(template.mcp === undefined ? {} : { mcp: absoluteServer(template.mcp, files) }),
      },
    })),
    ...(config.teleport === undefined ? {} : { teleport: absoluteTeleport(config.teleport, dataDir, files) }),
    agent: {
      ...config.agent,
      script: config.agent.script === undefined ? packagedScript : files.absolute(config.agent.script),
      command: config.agent.command.map((part, index) => (index === 0 ? absoluteProgram(part, files) : part)),
    },
    workflows: { ...config.workflows, paths: config.workflows.paths.map((file) => files.absolute(file)) },
    palette: absoluteServer(config.palette, files),
    storage: {
      ...config.storage,
      state: { ...state, path: path.resolve(dataDir, state.path) },
      artifacts: { ...artifacts, path: path.resolve(dataDir, artifacts.path) },
    },
  };
}

function absoluteCluster(cluster: ClusterConfig, files: ConfigFiles): ClusterConfig {
  const { mcp, watch, triage } = cluster;
  return {
    ...cluster,
    ...(mcp === undefined ? {} : { mcp: absoluteServer(mcp, files) }),
    ...(watch === undefined ? {} : { watch: { ...watch, kubeconfig: files.absolute(watch.kubeconfig) } }),
    triage: triage.kubeconfig === undefined ? triage : { ...triage, kubeconfig: files.absolute(triage.kubeconfig) },
  };
}

function absoluteTeleport(
  teleport: NonNullable<Config['teleport']>,
  dataDir: string,
  files: ConfigFiles,
): NonNullable<Config['teleport']> {
  const { tsh, home, identity_file: identity } = teleport;
  return {
    ...teleport,
    tsh: absoluteProgram(tsh, files),
    home: home === undefined ? path.join(dataDir, 'tsh') : files.absolute(home),
    ...(identity === undefined ? {} : { identity_file: files.absolute(identity) }),
  };
}

/** A program is found on PATH unless its name says that it is a file here. */
function absoluteProgram(name: string, files: ConfigFiles): string {
  return /^\.{1,2}\//.test(name) ? files.absolute(name) : name;
}

function absoluteServer<Server extends { readonly ca_file?: string | undefined }>(
  server: Server,
  files: ConfigFiles,
): Server {
  return server.ca_file === undefined ? server : { ...server, ca_file: files.absolute(server.ca_file) };
}
