import type { MessageFacts } from '../message-facts.ts';
import { stateSymbol } from '../message-facts.ts';
import type { StormFacts } from '../storm-facts.ts';
import { addList, type Block, context, type Page, section } from './message.ts';
import { type MessageLinks, wholeText } from './message-links.ts';
import { plain, prose } from './mrkdwn.ts';

const shownMembers = 5;
const maxMember = 200;
const maxWords = 400;

const listTitles = {
  members: 'Members of the storm',
  over: 'On their own',
  found: 'What was found of those that the storm does not explain',
} as const;

/** `🌩 Fault storm · prod-eu · 47 incidents in 2 min`: at most 150 characters. */
export function stormHeadline(facts: MessageFacts, storm: StormFacts, page: Page): string {
  const ended = facts.state === 'resolved' || facts.state === 'skipped';
  const symbol = stateSymbol(facts.state, facts.incident.severity);
  const start = ended ? `${symbol} Resolved · ` : facts.state === 'over' ? '🌩 Over · ' : '🌩 ';
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
    section(firstOf('Members', storm.members, page, 'report')),
    storm.after === null ? null : context([said(storm.after)]),
    storm.left.length === 0 ? null : section(firstOf('On their own', storm.left, page, 'thread')),
  ];
}

function firstOf(title: string, all: readonly string[], page: Page, where: string): string {
  const lines = all.slice(0, shownMembers).map((one) => `• ${page.keep(prose(one, maxMember))}`);
  const rest = all.length > shownMembers ? [`_${shownMembers} of ${all.length} shown, the rest in the ${where}_`] : [];
  return [`*${title}*`, ...lines, ...rest].join('\n');
}

/** What a message of the thread lists of a storm. */
export type StormList = 'members' | 'over' | 'found';

/** The members, or what stands on its own, for the thread: as many as one message holds; the rest is counted. */
export function stormList(
  list: StormList,
  storm: StormFacts,
  { incident }: Pick<MessageFacts, 'incident'>,
  links: MessageLinks,
): { readonly text: string; readonly blocks: readonly (Block | null)[] } {
  const blocks: Block[] = [];
  const all = list === 'members' ? storm.members : storm.left;
  if (list === 'over' && storm.after !== null) blocks.push(section(prose(storm.after, maxWords).text));
  const shown = addList(
    blocks,
    listTitles[list],
    all.map((one) => `• ${prose(one, maxMember).text}`),
  );
  const rest = shown < all.length ? `_${shown} of ${all.length} shown._ ` : '';
  const closing = context([`${rest}All of them: ${wholeText(links, incident)}`]);
  const text = list === 'over' ? (storm.after ?? '') : `${listTitles[list]} ${incident.id}`;
  return { text: prose(text, maxWords).text, blocks: [...blocks, closing] };
}
