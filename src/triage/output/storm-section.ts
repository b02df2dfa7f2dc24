import type { StormView } from '../../domain/fault.ts';
import { memberText, sharedWords } from '../../domain/storm/storm-words.ts';
import { utcTime } from '../../lib/format.ts';
import { code } from '../../report/markdown-text.ts';

/** What comes before the report of a storm: what it stands for, and what its members have in common. */
export function stormSummary({ members, common, shared }: StormView): string {
  const also = shared.filter(({ sign }) => sign !== common?.sign).map((it) => `> - ${code(sharedWords(it), 700)}`);
  return `${[
    `> **A storm of ${members.length} incidents, investigated once.** Nothing was dropped: each is listed at the end.`,
    '>',
    `> Common to most: ${common === null ? 'nothing that is known' : code(sharedWords(common), 700)}`,
    ...(also.length === 0 ? [] : ['>', ...also]),
  ].join('\n')}\n\n`;
}

/** Every member, at the end of the report. */
export function stormMembers({ members }: StormView): string {
  const lines = members.map((member) => `- ${code(memberText(member), 700)} since ${utcTime(member.at)}`);
  return `\n\n## Members of the storm\n\n${lines.join('\n')}\n`;
}
