import type { ToolsetParts } from '../tool.ts';
import { hostTools } from './host-tools.ts';
import { nodeTools } from './node-tools.ts';
import type { TeleportToolsDeps } from './teleport-use.ts';
import { tshTools } from './tsh-tools.ts';

/** The tools for Teleport: tsh and the proxy, nodes, and the hosts of nodes. All of them read. */
export function teleportToolset(deps: TeleportToolsDeps): ToolsetParts {
  return { toolset: 'teleport', tools: [...tshTools(deps), ...nodeTools(deps), ...hostTools(deps)] };
}
