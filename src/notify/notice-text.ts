import type { NoticeKind, Notice } from '../domain/records.ts';
import { plural } from '../lib/text.ts';
import { spokenDuration } from '../lib/format.ts';

/** A notice in plain words, not yet made safe for any output. */
export interface NoticeText {
  /** Names what and which cluster by itself. */
  readonly title: string;
  /** What it means for the reader. */
  readonly effect: string;
  /** How long it took, null while it goes on. */
  readonly duration: string | null;
}

/** What a notice says. */
export function noticeText(kind: NoticeKind, notice: Notice): NoticeText {
  const which = clusters(notice.clusters);
  const several = notice.clusters.length !== 1;
  const duration =
    notice.since === null || notice.until === null ? null : `for ${spokenDuration(notice.until - notice.since)}`;
  const { name: agent = '', runs = 0, retryAfterMs = null } = notice.agent ?? {};
  const retry = retryAfterMs === null ? '' : ` in ${spokenDuration(retryAfterMs)}`;
  const texts: Record<typeof kind, NoticeText> = {
    first_contact: {
      title: `👋 First contact · ${which} · ${plural(notice.incidents, 'active incident')}`,
      effect:
        'These faults stood before nightcrier looked. Each has an incident and gets a report, but no message of its own. New faults are told one by one.',
      duration: null,
    },
    clusters_unreachable: {
      title: `⚠️ nightcrier is blind · ${which}`,
      effect: `Nothing is heard from ${several ? 'these clusters' : 'this cluster'}: faults there are not seen. The connection is tried again for ever, and a message says when it is back.`,
      duration,
    },
    clusters_back: {
      title: `✅ nightcrier sees again · ${which}`,
      effect: `${several ? 'These clusters are' : 'This cluster is'} watched again. What stands there now was looked for at once.`,
      duration,
    },
    agent_degraded: {
      title: `⚠️ Agent ${agent} is not used for now · ${plural(runs, 'failure')} in a row`,
      effect: `Incidents are answered by the built-in analyst, marked as such. One run tries the agent again${retry}, and a message says when it works (NC-AGENT-020).`,
      duration,
    },
    agent_recovered: {
      title: `✅ Agent ${agent} works again`,
      effect: `It was not used${duration === null ? '' : ` ${duration}`}; ${runs === 1 ? '1 run was' : `${runs} runs were`} answered by the built-in analyst in its place, those that failed first included.`,
      duration,
    },
  };
  return texts[kind];
}

function clusters(names: readonly string[]): string {
  if (names.length === 0) return 'no cluster';
  if (names.length <= 3) return names.join(', ');
  return `${names.length} clusters`;
}
