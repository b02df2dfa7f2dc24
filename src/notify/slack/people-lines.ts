import type { Feedback } from '../../domain/history.ts';
import type { Acknowledgement, IncidentAct } from '../../domain/people/incident-act.ts';
import type { Run } from '../../domain/records.ts';
import { plural } from '../../lib/text.ts';
import type { MessageFacts } from '../message-facts.ts';
import { type Block, context, type Page } from './message.ts';
import { prose, slackDate } from './mrkdwn.ts';

/** What people did with an incident beside what its own row says. Times in ms since the epoch. */
export interface PeopleNotes {
  /** Why nobody is told of it now, null when people are; `until` null: until it is resolved. */
  readonly silence: { readonly by: string; readonly at: number; readonly until: number | null } | null;
  readonly feedback: readonly Pick<Feedback, 'rating' | 'by' | 'at' | 'comment'>[];
}

export const noNotes: PeopleNotes = { silence: null, feedback: [] };

const maxName = 200;
const maxWords = 400;
const shownFeedback = 3;

/** What people did, as it is kept with the incident. */
export interface PeopleDid extends Pick<MessageFacts, 'acknowledged' | 'reopened'> {
  readonly runs: readonly Run[];
  readonly acts: readonly IncidentAct[];
}

/** Who did what and when, one line each; null when nobody did anything. */
export function peopleLines(
  { acknowledged, reopened, runs, acts }: PeopleDid,
  { silence, feedback }: PeopleNotes,
  page: Page,
): Block | null {
  const name = (by: string): string => page.keep(prose(by, maxName));
  const shown = feedback.toSorted((a, b) => b.at - a.at).slice(0, shownFeedback);
  const rest = feedback.length - shown.length;
  const asked = askedAgain(runs);
  const lines = [
    reopened === null || reopened.calledOverBy === null ? null : reopenedLine(reopened, page),
    acknowledged === null ? null : acknowledgedLine(acknowledged, page),
    silence === null
      ? null
      : `🔕 *Silenced* by ${name(silence.by)} ${slackDate(silence.at)}, ${silence.until === null ? 'until it is resolved' : `until ${slackDate(silence.until)}`}`,
    asked === null ? null : askedLine(asked, acts, page),
    ...shown.map((one) => feedbackLine(one, page)),
    rest > 0 ? `_and ${plural(rest, 'more opinion')}_` : null,
  ].filter((line) => line !== null);
  return lines.length === 0 ? null : context([lines.join('\n')]);
}

/** Why it is open again, though somebody had called it over. */
function reopenedLine({ at, words }: NonNullable<MessageFacts['reopened']>, page: Page): string {
  return `↩️ *Opened again* ${slackDate(at)}: ${page.keep(prose(words, maxWords))}`;
}

/** A person as messages name them: with a mention where Slack knows them. */
function acknowledgedLine({ by, at, comment, slackUser }: Acknowledgement, page: Page): string {
  const mention = slackUser !== undefined && /^[UW][A-Z0-9]{2,20}$/.test(slackUser) ? ` <@${slackUser}>` : '';
  return `👀 *Acknowledged* by ${page.keep(prose(by, maxName))}${mention} ${slackDate(at)}${said(comment, page)}`;
}

function askedLine({ id, requestedBy, createdAt }: Run, acts: readonly IncidentAct[], page: Page): string {
  const comment = acts.findLast(({ runId, done }) => done && runId === id)?.comment ?? '';
  const by = page.keep(prose(requestedBy ?? '', maxName));
  return `🔁 *Run again* by ${by} ${slackDate(createdAt)}${said(comment, page)}`;
}

function said(comment: string, page: Page): string {
  return comment === '' ? '' : `: ${page.keep(prose(comment, maxName))}`;
}

function feedbackLine({ rating, by, at, comment }: PeopleNotes['feedback'][number], page: Page): string {
  const mark = rating === 'right' ? '👍 *Right*' : '👎 *Wrong cause*';
  return `${mark}, says ${page.keep(prose(by, maxName))} ${slackDate(at)}${said(comment, page)}`;
}

/** The newest run, when a person asked for it. */
function askedAgain(runs: readonly Run[]): Run | null {
  const newest = runs.reduce<Run | null>((best, run) => (run.createdAt >= (best?.createdAt ?? 0) ? run : best), null);
  return newest?.requestedBy ? newest : null;
}
