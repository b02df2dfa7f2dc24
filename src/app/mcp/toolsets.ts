import type { ToolsetParts } from '../../mcp/tool.ts';
import { toolClusters, type ToolClustersOptions } from './tool-clusters.ts';

/** What the tools are made from. */
export interface ToolsetWorld extends ToolClustersOptions {}

/** Every toolset that is built. */
export function toolsetParts(world: ToolsetWorld): readonly ToolsetParts[] {
  const clusters = toolClusters(world);
  void clusters;
  return [];
}
