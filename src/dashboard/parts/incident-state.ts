import { html, type View } from '../../html/html.ts';
import { ageTag, timeTag } from '../../html/time.ts';
import type { Incident } from '../../domain/records.ts';
import { oneLine } from '../../lib/text.ts';
import { endWords } from '../../report/model/status.ts';

type Shown = Pick<
  Incident,
  'status' | 'statusReason' | 'cause' | 'startedAt' | 'reportedAt' | 'resolvedAt' | 'updatedAt' | 'openedAt'
>;

/** What is known of an incident, in one line: its cause, else what it waits for. */
export function causeLine(incident: Shown, now: number): View {
  const { cause, status, reportedAt } = incident;
  if (cause !== null && cause !== '') return withCode(oneLine(cause, 300));
  if (reportedAt !== null && status === 'reported') return html`<i>No cause found.</i>`;
  return html`<i>${stateWords(incident, now)}</i>`;
}

/** Text with what stands between backticks as code. */
function withCode(text: string): View {
  const parts = text.split('`');
  // One that is cut off at the end is text.
  if (parts.length % 2 === 0) return text;
  return html`${parts.map((part, at) => (at % 2 === 0 ? part : html`<code>${part}</code>`))}`;
}

/** The state of an incident in words, with its times. */
export function stateWords(incident: Shown, now: number): View {
  const { status, statusReason, startedAt, reportedAt, resolvedAt, openedAt, updatedAt } = incident;
  switch (status) {
    case 'open':
      return html`gathering faults for ${ageTag(openedAt, now)}`;
    case 'queued':
      return html`waits for its investigation, for ${ageTag(updatedAt, now)}`;
    case 'investigating':
      return html`investigating for ${ageTag(startedAt ?? updatedAt, now)}`;
    case 'reported':
      return html`investigated ${timeTag(reportedAt ?? updatedAt, now)}`;
    case 'failed':
      return `the investigation failed${statusReason === null ? '' : `: ${oneLine(statusReason, 200)}`}`;
    case 'resolved':
      return html`resolved ${timeTag(resolvedAt ?? updatedAt, now)}${howWords(statusReason)}`;
    case 'skipped':
      return html`ended ${timeTag(resolvedAt ?? updatedAt, now)}${howWords(statusReason)}`;
    default:
      return status satisfies never;
  }
}

/** How it ended, behind when it did. */
function howWords(reason: string | null): string {
  return reason === null || reason === '' ? '' : `. ${oneLine(endWords(reason), 200)}`;
}
