import type { ToolsetParts } from '../tool.ts';
import { diagnoseIssues } from './diagnose/diagnose-issues.ts';
import { getKustomizationEvents } from './get-events.ts';
import { getLogs } from './get-logs.ts';
import { listHelmReleases } from './list-helm-releases.ts';
import { listKustomizations } from './list-kustomizations.ts';
import { listSources } from './list-sources.ts';
import type { FluxDeps } from './objects/flux-reader.ts';
import { getTree } from './tree/get-tree.ts';

/** What is known of Flux in the configured clusters. It reads only: nothing is reconciled, suspended or resumed. */
export function fluxToolset(deps: FluxDeps): ToolsetParts {
  return {
    toolset: 'flux',
    tools: [
      listKustomizations(deps),
      listSources(deps),
      listHelmReleases(deps),
      diagnoseIssues(deps),
      getTree(deps),
      getKustomizationEvents(deps),
      getLogs(deps),
    ],
  };
}
