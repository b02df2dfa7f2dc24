import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConfigFiles } from './config-files.ts';
import type { ClusterConfig, Config } from './schema.ts';

/** The script that comes with the program, from `src/config/` and from `dist/config/` alike. */
const packagedScript = fileURLToPath(new URL('../../scripts/run-agent.sh', import.meta.url));

/**
 * Makes every path of a configuration absolute: relative to the file, `storage.*.path` relative to `data_dir`. A command
 * that begins with `./` or `../` is a path too.
 */
export function absolutePaths(config: Config, files: ConfigFiles): Config {
  const dataDir = files.absolute(config.data_dir);
  const { state, artifacts } = config.storage;
  return {
    ...config,
    data_dir: dataDir,
    clusters: config.clusters.map((cluster) => absoluteCluster(cluster, files)),
    agent: {
      ...config.agent,
      script: config.agent.script === undefined ? packagedScript : files.absolute(config.agent.script),
      command: config.agent.command.map((part, index) =>
        index === 0 && /^\.{1,2}\//.test(part) ? files.absolute(part) : part,
      ),
    },
    storage: {
      ...config.storage,
      state: { ...state, path: path.resolve(dataDir, state.path) },
      artifacts: { ...artifacts, path: path.resolve(dataDir, artifacts.path) },
    },
  };
}

function absoluteCluster(cluster: ClusterConfig, files: ConfigFiles): ClusterConfig {
  const { mcp, triage } = cluster;
  return {
    ...cluster,
    mcp: mcp.ca_file === undefined ? mcp : { ...mcp, ca_file: files.absolute(mcp.ca_file) },
    triage: triage.kubeconfig === undefined ? triage : { ...triage, kubeconfig: files.absolute(triage.kubeconfig) },
  };
}
