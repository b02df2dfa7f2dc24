import { stringify } from 'yaml';
import type { ToolCaller, ToolResult } from '../../src/domain/ports.ts';
import type { KubeObject } from '../../src/kube/cluster-reader.ts';

type Args = Record<string, unknown>;

/** Read tools over a set of objects, in the full-object form; what a test wants to go wrong, `fail` does. */
export interface FakeTools extends ToolCaller {
  readonly calls: string[];
  /** The largest number of calls at the same time. */
  readonly most: number;
  objects: KubeObject[];
  /** Of the namespace kube-system, which every cluster has: whose cluster answers. */
  uid: string;
  /** Refusal text of a call, or an error to reject with; null lets it pass. */
  fail: (tool: string, args: Args) => string | Error | null;
}

export function fakeTools(objects: readonly KubeObject[]): FakeTools {
  let running = 0;
  const answer = (tool: string, args: Args, tools: FakeTools): ToolResult => {
    const fits = tools.objects.filter(
      (one) =>
        one.kind === args['kind'] && (args['namespace'] === undefined || one.metadata.namespace === args['namespace']),
    );
    if (tool === 'resources_list') return { text: '', structured: { items: fits }, isError: false };
    const identity = args['kind'] === 'Namespace' && args['name'] === 'kube-system' ? kubeSystem(tools.uid) : undefined;
    const found = fits.find((one) => one.metadata.name === args['name']) ?? identity;
    if (!found)
      return { text: `failed to get resource: x "${String(args['name'])}" not found`, structured: null, isError: true };
    return { text: stringify(found), structured: null, isError: false };
  };
  const tools = {
    calls: [] as string[],
    most: 0,
    objects: [...objects],
    uid: 'uid-of-the-cluster',
    fail: (): string | Error | null => null,
    callTool: async (tool: string, args: Args, signal: AbortSignal): Promise<ToolResult> => {
      signal.throwIfAborted();
      const { kind, namespace, name } = args as Partial<Record<string, string>>;
      tools.calls.push(`${tool} ${kind} ${namespace ?? ''}/${name ?? ''}`);
      running += 1;
      tools.most = Math.max(tools.most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      const failed = (tools as FakeTools).fail(tool, args);
      if (failed instanceof Error) throw failed;
      if (failed !== null) return { text: failed, structured: null, isError: true };
      return answer(tool, args, tools);
    },
  };
  return tools;
}

function kubeSystem(uid: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system', uid } };
}
