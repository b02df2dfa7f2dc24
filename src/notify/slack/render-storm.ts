import type { DeliveryClaim } from '../../domain/state-store.ts';
import type { MessageFacts } from '../message-facts.ts';
import { stateSymbol } from '../message-facts.ts';
import type { StormFacts } from '../storm-facts.ts';
import { addList, type Block, context, type Page, section, type SlackMessage } from './message.ts';
import { type MessageLinks, wholeText } from './message-links.ts';
import { plain, prose } from './mrkdwn.ts';

const shownMembers = 5;
const maxMember = 200;
const maxWords = 400;

/** `🌩 Fault storm · prod-eu · 47 incidents in 2 min`: at most 150 characters. */
export function stormHeadline(facts: MessageFacts, storm: StormFacts, page: Page): string {
  const over = facts.state === 'resolved' || facts.state === 'skipped';
  const start = over ? `${stateSymbol(facts.state, facts.incident.severity)} Resolved · ` : '🌩 ';
  return page.keep(plain(`${start}Fault storm · ${facts.incident.cluster} · ${storm.size}`, 150));
}

/** What they have in common first, then what they are, then the first of them. */
export function stormBlocks(storm: StormFacts, page: Page): (Block | null)[] {
  const said = (text: string): string => page.keep(prose(text, maxWords));
  const common = storm.common === null ? '*No common factor* is known.' : `*Common factor:* ${said(storm.common)}`;
  const also = storm.shared.length === 0 ? '' : `\nAlso: ${said(storm.shared.join(', '))}`;
  const where = storm.namespaces === null ? null : `namespaces: ${said(storm.namespaces)}`;
  return [
    section(`${common}${also}`),
    context([`by family: ${said(storm.families)}`, where, said(storm.promise)]),
    section(firstMembers(storm, page)),
    storm.after === null ? null : context([said(storm.after)]),
  ];
}

function firstMembers({ members }: StormFacts, page: Page): string {
  const lines = members.slice(0, shownMembers).map((member) => `• ${page.keep(prose(member, maxMember))}`);
  const rest =
    members.length > shownMembers ? [`_${shownMembers} of ${members.length} shown, the rest in the report_`] : [];
  return ['*Members*', ...lines, ...rest].join('\n');
}

/** The members for the thread, as many as one message holds; the rest is counted. */
export function memberList(
  { members }: StormFacts,
  page: Page,
  { incident }: Pick<DeliveryClaim, 'incident'>,
  links: MessageLinks,
): Pick<SlackMessage, 'text' | 'blocks'> {
  const blocks: Block[] = [];
  const shown = addList(
    blocks,
    `Members of the storm`,
    members.map((member) => `• ${page.keep(prose(member, maxMember))}`),
  );
  const rest = shown < members.length ? `_${shown} of ${members.length} shown._ ` : '';
  const closing = incident === null ? null : context([`${rest}All of them: ${wholeText(links, incident)}`]);
  return { text: `Members of ${incident?.id ?? ''}`, blocks: [...blocks, ...(closing === null ? [] : [closing])] };
}
