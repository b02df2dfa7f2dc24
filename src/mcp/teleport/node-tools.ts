import { z } from 'zod';
import { nodesOf } from '../../teleport/ask-tsh.ts';
import type { TeleportNode } from '../../teleport/tsh-output.ts';
import { listOf, pageArgs, pageOfAll } from '../page.ts';
import { define, type Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { rethrow } from './failure.ts';
import { saidOutput, targetArgs, teleportClusterArg, TeleportUse, type TeleportToolsDeps } from './teleport-use.ts';

const toolset = 'teleport' as const;
const audiences = ['assistant', 'operator'] as const;

/** The tools that look at the nodes of a Teleport cluster. */
export function nodeTools(deps: TeleportToolsDeps): readonly Tool[] {
  return [listNodes(deps), verifyAccess(deps)];
}

const nodeOutput = z.object({
  hostname: z.string(),
  id: z.string(),
  addr: z.string(),
  tunnel: z.boolean().describe('It is reached through a reverse tunnel.'),
  labels: z.record(z.string(), z.string()),
  version: z.string().describe('Of its Teleport agent.'),
});

function listNodes(deps: TeleportToolsDeps): Tool {
  return define({
    name: 'list_teleport_nodes',
    toolset,
    title: 'Nodes of a Teleport cluster',
    description:
      'Lists the nodes (servers) of a Teleport cluster by hostname, with labels and the version of their agent; filter finds text in hostnames and labels. These are not the nodes of a Kubernetes cluster.',
    audiences,
    input: z.strictObject({
      cluster: teleportClusterArg,
      filter: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe('Text that the hostname or a label (name=value) has, in any case.'),
      ...pageArgs,
    }),
    output: listOf(nodeOutput, {
      ...saidOutput,
      cluster: z.string(),
      count: z.int().describe('Nodes that fit, on all pages.'),
    }),
    run: async ({ cluster, filter, ...page }, call) => {
      const use = new TeleportUse(deps, call);
      const named = use.cluster(cluster);
      const nodes = await nodesOf(use.tsh, named, call.signal).catch(rethrow(use.settings, named));
      const fitting = nodes.filter((node) => filter === undefined || fits(node, filter.toLowerCase()));
      const given = await pageOfAll(fitting, page, call);
      return {
        ...given,
        items: given.items.map((node) => ({ ...node, labels: { ...node.labels } })),
        cluster: named,
        count: fitting.length,
        success: true,
        message: `${fitting.length} of ${nodes.length} nodes of ${named}.`,
        as_of: new Date(deps.clock.now()).toISOString(),
        source: 'teleport',
      };
    },
  });
}

function fits({ hostname, labels }: TeleportNode, text: string): boolean {
  const searched = [hostname, ...Object.entries(labels).map(([name, value]) => `${name}=${value}`)];
  return searched.some((one) => one.toLowerCase().includes(text));
}

/** What says that one may not or cannot get in there, not that Teleport cannot be used. */
const refusals: ReadonlySet<string> = new Set(['forbidden', 'not_found', 'timeout']);

function verifyAccess(deps: TeleportToolsDeps): Tool {
  return define({
    name: 'verify_ssh_access',
    toolset,
    title: 'Can a node be reached?',
    description:
      'Opens a session on a node through Teleport that does nothing (true), and says whether that works and how long it took. Use it to tell a node or login that is refused from a Teleport that cannot be used.',
    audiences,
    input: z.strictObject(targetArgs),
    output: z.object({
      ...saidOutput,
      ok: z.boolean(),
      cluster: z.string(),
      node: z.string(),
      user: z.string(),
      latency_ms: z.int(),
      fix: z.string().optional().describe('What to do when it does not work.'),
    }),
    run: async (args, call) => {
      const use = new TeleportUse(deps, call);
      const target = use.target(args);
      const began = deps.clock.monotonic();
      const where = `${target.user}@${target.node} of ${target.cluster}`;
      const result = (ok: boolean, message: string, fix?: string) => ({
        ...target,
        success: ok,
        ok,
        latency_ms: Math.round(deps.clock.monotonic() - began),
        message,
        ...(fix === undefined ? {} : { fix }),
      });
      try {
        await use.run(target, ['true']);
        return result(true, `${where} can be reached.`);
      } catch (error) {
        if (!(error instanceof ToolError) || !refusals.has(error.code)) throw error;
        return result(false, `${where} cannot be reached: ${error.message}.`, error.fix.steps[0]);
      }
    },
  });
}
