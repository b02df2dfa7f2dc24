import type { StormView } from '../../domain/fault.ts';
import { memberText, sharedWords } from '../../domain/storm/storm-words.ts';
import { oneLine } from '../../lib/text.ts';

/** What comes before the report of a storm: what it stands for, and what its members have in common. */
export function stormSummary({ members, common, shared }: StormView): string {
  const also = shared.filter(({ sign }) => sign !== common?.sign).map((it) => `> - ${span(sharedWords(it))}`);
  return `${[
    `> **A storm of ${members.length} incidents, investigated once.** Nothing was dropped: each is listed at the end.`,
    '>',
    `> Common to most: ${common === null ? 'nothing that is known' : span(sharedWords(common))}`,
    ...(also.length === 0 ? [] : ['>', ...also]),
  ].join('\n')}\n\n`;
}

/** Every member, at the end of the report. */
export function stormMembers({ members }: StormView): string {
  const lines = members.map((member) => `- ${span(memberText(member))} since ${new Date(member.at).toISOString()}`);
  return `\n\n## Members of the storm\n\n${lines.join('\n')}\n`;
}

/** A text of a cluster; what could be Markdown in it is shown as it stands. */
function span(text: string): string {
  return `\`${oneLine(text, 700).replaceAll('`', "'")}\``;
}
