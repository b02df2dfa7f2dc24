import type { ActionsBlock, ActionsBlockElement, Button, PlainTextElement, StaticSelect } from '@slack/types';
import { isLive } from '../../domain/incident.ts';
import type { MessageFacts, MessageState } from '../message-facts.ts';
import { type Block, context } from './message.ts';
import { pageUrl, reportLink } from '../links.ts';
import type { MessageLinks } from './message-links.ts';
import { link, plain, prose } from './mrkdwn.ts';

/** What a person can do with a message, by the `action_id` of its element. */
export const actionIds = {
  acknowledge: 'ack',
  silence: 'silence',
  rerun: 'rerun',
  right: 'fb_up',
  wrong: 'fb_down',
  /** They only open an address; Slack tells of the click all the same. */
  links: ['open', 'report', 'health'],
} as const;

/** How long a silence of a message holds, ms, by what stands behind the incident's id in the option's value. */
export const silenceSpans = {
  '1h': { label: '1 hour', ms: 3_600_000 },
  '4h': { label: '4 hours', ms: 4 * 3_600_000 },
  '24h': { label: '24 hours', ms: 24 * 3_600_000 },
  /** Ended with the incident, and after so long in any case. */
  resolved: { label: 'Until resolved', ms: 30 * 86_400_000 },
} as const;
export type SilenceSpan = keyof typeof silenceSpans;

export interface ButtonOptions extends MessageLinks {
  /** Clicks come to this daemon: by Socket Mode or signed HTTP. */
  readonly interactive?: boolean;
  /** Another one for each message and update: what is in an input is kept by block_id. */
  readonly version?: string;
  /** Nobody is told of the incident now. */
  readonly silenced: boolean;
}

const maxUrl = 3000;

/**
 * The buttons of an incident's message, by its state. Values carry ids alone. Where nobody hears of clicks there are none:
 * Slack puts a warning beside a link button then, so that links are links in the text.
 */
export function incidentButtons(facts: MessageFacts, options: ButtonOptions): (Block | null)[] {
  const page = pageLink(facts, options);
  if (options.interactive !== true) return [linkLine(page)];
  const { incident, acknowledged } = facts;
  const live = isLive(incident.status);
  const storm = incident.storm !== undefined;
  return [
    actions('acts', options.version, [
      page === null ? null : linkButton(page),
      live && acknowledged === null ? acknowledge(facts) : null,
      live && !storm && !options.silenced ? silence(facts) : null,
      live && hasEnded(facts.state) ? button(actionIds.rerun, 'Run again', incident.id) : null,
    ]),
    hasCause(facts)
      ? actions('feedback', options.version, [
          button(actionIds.right, '👍 Right', incident.id),
          button(actionIds.wrong, '👎 Wrong cause', incident.id),
        ])
      : null,
  ];
}

/** A button that opens an address, or a link in the text where nobody hears of clicks. Null without a usable address. */
export function linkControl(
  page: { readonly id: string; readonly label: string; readonly url: string | null },
  { interactive, version }: Pick<ButtonOptions, 'interactive' | 'version'>,
): Block | null {
  const { id, label, url } = page;
  if (url === null || url.length > maxUrl) return null;
  return interactive === true ? actions('links', version, [linkButton({ id, label, url })]) : linkLine({ label, url });
}

interface PageLink {
  readonly id: string;
  readonly label: string;
  readonly url: string;
}

function pageLink({ incident }: MessageFacts, { publicUrl }: MessageLinks): PageLink | null {
  const report = reportLink(publicUrl, incident);
  const url = report ?? pageUrl(publicUrl, incident);
  if (url === null || url.length > maxUrl) return null;
  return report === null ? { id: 'open', label: 'Open incident', url } : { id: 'report', label: 'View report', url };
}

function linkLine(page: Pick<PageLink, 'label' | 'url'> | null): Block | null {
  return page === null ? null : context([`*${link(page.url, page.label)}*`]);
}

/** A run has ended: there is something to do again. */
function hasEnded(state: MessageState): boolean {
  return ['answered', 'inconclusive', 'no_fault', 'failed'].includes(state);
}

/** Something was said that can be right or wrong. */
function hasCause({ state, cause }: MessageFacts): boolean {
  return state === 'no_fault' || (cause !== null && (state === 'answered' || state === 'resolved' || state === 'over'));
}

function acknowledge(facts: MessageFacts): Button {
  const label = `Acknowledge incident ${facts.faultType} ${facts.resourceName} on ${facts.incident.cluster}`;
  return {
    ...button(actionIds.acknowledge, 'Acknowledge', facts.incident.id),
    style: 'primary',
    accessibility_label: plain(label, 75).text,
  };
}

function silence(facts: MessageFacts): StaticSelect {
  const { id, cluster } = facts.incident;
  const what = prose(`${facts.resourceKind} ${facts.resourceName}`, 120).text;
  const where = prose(cluster, 80).text;
  return {
    type: 'static_select',
    action_id: actionIds.silence,
    placeholder: words('Silence'),
    options: Object.entries(silenceSpans).map(([span, { label }]) => ({ text: words(label), value: `${id}|${span}` })),
    confirm: {
      title: words('Silence this incident?'),
      text: { type: 'mrkdwn', text: `New faults of *${what}* on *${where}* stay recorded but are not announced.` },
      confirm: words('Silence'),
      deny: words('Cancel'),
    },
  };
}

function button(id: string, label: string, value: string): Button {
  return { type: 'button', action_id: id, text: words(label), value };
}

function linkButton({ id, label, url }: PageLink): Button {
  return { type: 'button', action_id: id, text: words(label), url };
}

function actions(
  name: string,
  version: string | undefined,
  elements: readonly (ActionsBlockElement | null)[],
): ActionsBlock | null {
  const there = elements.filter((element) => element !== null);
  const id = version === undefined ? {} : { block_id: `${name}:${version}`.slice(0, 255) };
  return there.length === 0 ? null : { type: 'actions', ...id, elements: there };
}

function words(text: string): PlainTextElement {
  return { type: 'plain_text', text, emoji: true };
}
