import type { Notice } from '../../domain/records.ts';
import type { DeliveryClaim } from '../../domain/state-store.ts';
import { type NoticeText, noticeText } from '../notice-text.ts';
import { linkControl } from './buttons.ts';
import { type Block, context, header, maxTextCharacters, Page, section } from './message.ts';
import type { SlackMessage } from './message.ts';
import { code, plain, prose, slackDate } from './mrkdwn.ts';
import { type RenderOptions, repeatMark } from './render.ts';

const shownClusters = 20;

/** A message that is about clusters, not about one incident: first contact, unreachable, back. */
export function renderNotice(claim: DeliveryClaim, options: RenderOptions): SlackMessage {
  const { delivery } = claim;
  const { notice, kind } = delivery;
  if (notice === null || kind === 'incident' || kind === 'refresh') throw new Error('a notice without its text');
  const said = noticeText(kind, notice);
  const page = new Page();
  const blocks: (Block | null)[] = [
    header(page.keep(plain(said.title, 150))),
    section(page.keep(prose(said.effect, 600))),
    clusterList(notice, page),
    notice.detail === '' ? null : context([page.keep(prose(notice.detail, 600))]),
    times(notice, said),
    linkControl({ id: 'health', label: 'Open nightcrier', url: options.publicUrl }, options),
    page.cut ? context([`_Some of this was cut._ The whole: ${code('/health/clusters', 100).text}`]) : null,
    options.repeat ? context([repeatMark]) : null,
  ];
  return {
    text: prose(`${options.repeat ? '(may be a repeat) ' : ''}${said.title}`, maxTextCharacters).text,
    blocks: blocks.filter((block) => block !== null),
    metadata: {
      event_type: 'nightcrier_notice',
      event_payload: { delivery_id: delivery.id, kind: delivery.kind },
    },
    unfurl_links: false,
    unfurl_media: false,
  };
}

function clusterList(notice: Notice, page: Page): Block | null {
  if (notice.clusters.length < 2) return null;
  return section(`*Clusters*\n${page.names(notice.clusters, shownClusters, 80)}`);
}

function times(notice: Notice, said: NoticeText): Block | null {
  const since = notice.since === null ? null : `since ${slackDate(notice.since)}`;
  const until = notice.until === null ? null : `until ${slackDate(notice.until)}`;
  const parts = [since, until, said.duration === null ? null : said.duration].filter((part) => part !== null);
  return parts.length === 0 ? null : context(parts);
}
