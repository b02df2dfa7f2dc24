import type { EvidenceGraph } from '../graph/evidence-graph.ts';
import { type FailedCall, hasHost } from './calls.ts';
import { type Setting, settingsOf } from './settings.ts';

/** The place that the name comes from, and its value as it stands there. */
export function sourceOf(call: Pick<FailedCall, 'trouble' | 'mention'>, graph: EvidenceGraph) {
  const { trouble, mention } = call;
  const settings = settingsOf(graph, trouble.workload, trouble.container.name);
  const holding = settings.filter((it) => hasHost(it.value, mention.host));
  const withPort = holding.find((it) => mention.port !== null && it.value.includes(`${mention.host}:${mention.port}`));
  const setting = withPort ?? holding.find((it) => it.from !== 'args') ?? holding[0] ?? null;
  return { setting, value: setting === null ? null : valueIn(setting, mention.host) };
}

/** The whole value of a variable; of a file or a command only the part with the host. */
function valueIn(setting: Setting, host: string): string {
  if (setting.from === 'env' || setting.value.length <= 80) {
    if (!/\s/.test(setting.value.trim())) return setting.value.trim();
  }
  const word = setting.value.split(/[\s"'`,;=()<>]+/).find((it) => hasHost(it, host));
  return word ?? host;
}
