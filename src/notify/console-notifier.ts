import { isSaidToStand } from '../domain/decide/delivery.ts';
import { stakeWords, undoCommand } from '../domain/decide/kubectl-access.ts';
import { calledOverBy } from '../domain/people/incident-act.ts';
import type { NextStep } from '../domain/records.ts';
import type { DeliveryClaim } from '../domain/state-store.ts';
import { backoffDelay, type BackoffPolicy } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { errorText, problem } from '../lib/problem.ts';
import { localClock } from '../lib/display/local-time.ts';
import { wrapDisplay } from '../lib/display/width.ts';
import { listed } from '../lib/text.ts';
import { acknowledgementIsNews, tellsAnswer } from './answer-is-news.ts';
import {
  clean,
  type Color,
  type ConsoleLooks,
  type ConsoleStyle,
  consoleStyle,
  hanging,
  maxText,
  paint,
  row,
  whole,
} from './console-text.ts';
import { consoleUnwritable } from './errors.ts';
import { fleetGrew } from './fleet-facts.ts';
import { pageUrl } from './links.ts';
import { stormNews } from './storm-facts.ts';
import { messageFacts, type MessageFacts } from './message-facts.ts';
import { noticeText } from './notice-text.ts';
import type { Notifier, SendOutcome } from './notifier.ts';

export interface ConsoleNotifierOptions extends ConsoleLooks {
  /** Resolves when the text is written. @throws Error why it cannot be; the reason of the signal */
  write(text: string, signal: AbortSignal): Promise<void>;
  /** Why nothing can be written now (a reader that does not read holds up a message and fails none), null when it can. */
  failure(): string | null;
  readonly clock: Clock;
  readonly random: () => number;
}

const backoff: BackoffPolicy = { initialMs: 1000, maxMs: 5 * 60_000 };

/** Notifications as text: a line when an incident opens or ends, a block when it is answered. */
export function consoleNotifier(options: ConsoleNotifierOptions): Notifier {
  const { clock } = options;
  // After a failure one message tries the way, at growing intervals; the others wait.
  let failures = 0;
  let closedUntil = 0;
  let lastFailure: string | null = null;
  const send = async (text: string, signal: AbortSignal): Promise<SendOutcome> => {
    if (text === '') return { kind: 'sent', post: null };
    if (clock.now() < closedUntil) return { kind: 'deferred', until: closedUntil, message: lastFailure ?? '' };
    try {
      await options.write(text, signal);
      [failures, lastFailure] = [0, null];
      return { kind: 'sent', post: null };
    } catch (error) {
      const message = errorText(error);
      if (signal.aborted) return { kind: 'deferred', until: clock.now(), message };
      lastFailure = message;
      // One that began beside the one that failed is the same failure.
      if (clock.now() < closedUntil) return { kind: 'deferred', until: closedUntil, message };
      closedUntil = clock.now() + backoffDelay(backoff, failures, options.random);
      failures += 1;
      // Only the first is an event for the log.
      if (failures > 1) return { kind: 'deferred', until: closedUntil, message };
      return { kind: 'failed', reason: 'other', message, again: 'back_off', uncertain: false };
    }
  };
  return {
    target: 'console',
    integration: 'console',
    pausedUntil: () => (closedUntil > clock.now() ? closedUntil : null),
    problem: () => {
      const failure = lastFailure ?? options.failure();
      return failure === null ? null : problem(consoleUnwritable, `standard output cannot be written: ${failure}`);
    },
    send: (claim, signal) => send(textOf(claim, consoleStyle(options)), signal),
  };
}

function textOf(claim: DeliveryClaim, style: ConsoleStyle): string {
  if (claim.delivery.kind !== 'incident') return consoleNotice(claim, style);
  if (acknowledgementIsNews(claim)) return consoleLine(claim, style);
  const answer = tellsAnswer(claim) ? consoleIncident(claim, style) : '';
  // Progress is not news, unless it comes before anything else was said: the next line of an incident is its answer.
  if (fleetGrew(claim)) return `${answer}${consoleLine(claim, style)}`;
  if (claim.incident?.status === 'investigating' && isSaidToStand(claim.previous)) return '';
  if (stormNews(claim) !== null) return `${answer}${consoleLine(claim, style)}${leftLines(claim, style)}`;
  return `${answer}${answer === '' || claim.incident?.status === 'resolved' ? consoleLine(claim, style) : ''}`;
}

const shownItems = 5;
const shownLeft = 50;

/** What stands on its own after a storm, a line each. */
function leftLines(claim: DeliveryClaim, style: ConsoleStyle): string {
  const { left = [] } = messageFacts(claim).storm ?? {};
  const rest = left.length > shownLeft ? [`and ${left.length - shownLeft} more`] : [];
  return [...left.slice(0, shownLeft), ...rest].map((text) => hanging('', clean(text, 300), style)).join('');
}

/** One line: what opened or ended. */
function consoleLine(claim: DeliveryClaim, style: ConsoleStyle): string {
  const facts = messageFacts(claim);
  const { incident } = facts;
  const what = `${nameOf(facts)} · ${incident.cluster}`;
  const acknowledged = acknowledgementIsNews(claim);
  const word = acknowledged ? 'TAKEN' : lineWord(facts);
  const said = acknowledged ? by(facts) : tail(facts);
  const parts = [what, facts.storm?.common ?? '', said, incident.id, repeat(claim)].filter((part) => part !== '');
  const [time, name] = [localClock(incident.updatedAt, style.timeZone), word.padEnd(9)];
  const text = hanging(`${time}  ${name} `, clean(parts.join(' · '), 300), style);
  return text.replace(name, paint(name, colorOf(facts), style));
}

/** A block: the answer, with what it rests on and what to do. Names and texts of clusters come out as printable text. */
function consoleIncident(claim: DeliveryClaim, style: ConsoleStyle): string {
  const facts = messageFacts(claim);
  const { incident, summary } = facts;
  const rule = '─'.repeat(style.width);
  const title = `${facts.severityWord}  ${nameOf(facts)} · ${facts.cluster}`;
  const by = facts.answeredBy;
  const who =
    by === null ? '' : `by ${by.name}${by.model ? '' : ', no model'}${by.remark === null ? '' : ` (${by.remark})`}`;
  const lines = [
    paint(rule, 'dim', style),
    ...wrapDisplay(clean(title, 300), style.width).map((line) => paint(line, colorOf(facts), style)),
    '',
    ...fleetRows(facts, style),
    ...stormRows(facts, style),
    ...row(facts.state === 'no_fault' ? 'Answer' : 'Cause', [causeLine(facts)], style),
    ...row('', [[facts.confidence, facts.backing, who].filter((part) => part).join(' · ')], style),
    ...row('Impact', [facts.impact?.words ?? ''], style),
    ...row('Evidence', limited(summary?.evidence ?? []), style),
    ...stepRows(summary?.nextSteps ?? [], style),
    ...row('Not seen', limited(summary?.missing ?? []), style),
    ...row('Faults', [facts.faults], style),
    ...pageRow(facts, style),
    ...row(
      '',
      [
        [incident.id, facts.runDuration === null ? '' : `run ${facts.runDuration}`, facts.cost ?? '', repeat(claim)]
          .filter((part) => part !== '')
          .join(' · '),
      ],
      style,
    ),
    paint(rule, 'dim', style),
  ];
  return `${lines.join('\n')}\n`;
}

/** `CrashLoop · shop/cart (Deployment)`, or how many a storm stands for. */
function nameOf({ fleet, storm, faultType, resourceName, resourceKind }: MessageFacts): string {
  if (fleet?.leads === true) return `The same in ${fleet.size} · ${fleet.what}`;
  return storm === null ? `${faultType} · ${resourceName} (${resourceKind})` : `Fault storm · ${storm.size}`;
}

/** Where the same is seen. */
function fleetRows({ fleet }: MessageFacts, style: ConsoleStyle): readonly string[] {
  return fleet === null ? [] : row('Clusters', [fleet.clusters.join(', '), fleet.ended ?? ''], style);
}

/** What the members of a storm have in common, and the first of them. */
function stormRows({ storm }: MessageFacts, style: ConsoleStyle): readonly string[] {
  if (storm === null) return [];
  const { members, shared } = storm;
  return [
    ...row('Common', [storm.common ?? 'nothing that is known', shared.join(', ')], style),
    ...row('Members', [listed(members, shownItems), storm.promise, storm.after ?? ''], style),
  ];
}

/** One or two lines about clusters. */
function consoleNotice(claim: DeliveryClaim, style: ConsoleStyle): string {
  const { delivery } = claim;
  if (delivery.kind === 'incident' || delivery.kind === 'refresh' || delivery.notice === null) return '';
  const said = noticeText(delivery.kind, delivery.notice);
  const names = delivery.notice.clusters.length > 3 ? `: ${delivery.notice.clusters.join(', ')}` : '';
  const detail = [said.effect, delivery.notice.detail, said.duration ?? '', repeat(claim)].filter(
    (part) => part !== '',
  );
  const warns = delivery.kind === 'clusters_unreachable' || delivery.kind === 'agent_degraded';
  const color = warns ? 'yellow' : 'cyan';
  const title = clean(`${said.title}${names}`, 300);
  const head = hanging(`${localClock(delivery.createdAt, style.timeZone)}  `, title, style);
  return `${paint(head, color, style)}${hanging('', clean(detail.join(' '), maxText), style)}`;
}

function colorOf(facts: MessageFacts): Color {
  if (facts.state === 'resolved') return 'green';
  if (facts.state === 'skipped' || facts.state === 'no_fault') return 'dim';
  return ({ critical: 'red', warning: 'yellow', info: 'cyan' } as const)[facts.incident.severity];
}

function lineWord(facts: MessageFacts): string {
  if (facts.state === 'resolved') return 'RESOLVED';
  if (facts.state === 'over') return 'OVER';
  if (facts.state === 'skipped') return 'SKIPPED';
  if (facts.state === 'no_fault') return 'NO FAULT';
  return facts.incident.reopened > 0 ? 'REOPENED' : facts.severityWord;
}

function by({ acknowledged }: MessageFacts): string {
  if (acknowledged === null) return '';
  return `acknowledged by ${acknowledged.by}${acknowledged.comment === '' ? '' : `: ${acknowledged.comment}`}`;
}

function tail(facts: MessageFacts): string {
  if (facts.state === 'resolved') return endTail(facts);
  if (facts.state === 'skipped') return facts.reason ?? '';
  if (facts.state === 'no_fault') return 'nothing to do';
  if (facts.storm !== null && facts.storm.left.length > 0) return facts.storm.after ?? '';
  if (facts.fleet?.leads === true) return facts.fleet.clusters.slice(0, 12).join(', ');
  // Why it is open again comes first where a person had called it over.
  const again = facts.reopened?.calledOverBy == null ? '' : `${facts.reopened.words} · `;
  if (facts.state === 'investigating') return `${again}investigating`;
  return `${again}${facts.queuedAhead > 0 ? `queued, ${facts.queuedAhead} ahead` : 'queued'}`;
}

/** After how long it ended; who called it over, and what they said. */
function endTail({ openFor, incident, reason }: MessageFacts): string {
  const after = openFor === null ? '' : `after ${openFor}`;
  return calledOverBy(incident.statusReason) === null ? after : `${after} ${reason ?? ''}`.trim();
}

function causeLine(facts: MessageFacts): string {
  if (facts.state === 'failed') return `Could not be investigated: ${facts.reason ?? 'the run failed'}`;
  if (facts.state === 'no_fault') return facts.cause ?? 'What was seen is expected.';
  return facts.cause ?? 'No cause found.';
}

/** What to do: each command whole on a line of its own, so that it can be copied. */
function stepRows(steps: readonly NextStep[], style: ConsoleStyle): readonly string[] {
  const lines = steps.slice(0, shownItems).flatMap((step, index) => {
    const undo = undoCommand(step);
    return [
      ...row(index === 0 ? 'Next' : '', [`${step.text} (${stakeWords(step)})`], style),
      ...(step.command === null ? [] : [whole(step.command)]),
      ...(undo === null ? [] : [whole(`undo: ${undo}`)]),
    ];
  });
  const rest = steps.length > shownItems ? [`(${shownItems} of ${steps.length} shown, the rest is in the report)`] : [];
  return [...lines, ...row('', rest, style)];
}

function limited(items: readonly string[]): readonly string[] {
  if (items.length <= shownItems) return items;
  return [...items.slice(0, shownItems), `(${shownItems} of ${items.length} shown, the rest is in the report)`];
}

/** Where to read on: the daemon's page, else the report's address, else the command that shows it. */
function pageRow({ incident }: MessageFacts, { url, ...style }: ConsoleStyle): readonly string[] {
  const read = (label: string, where: string): string[] => [
    `${paint(label.padEnd(10), 'dim', style)}${clean(where, maxText)}`,
  ];
  const page = pageUrl(url, incident);
  if (page !== null) return read('Page', page);
  if (incident.report === null) return read('More', `nightcrier show ${incident.id}`);
  const isAddress = /^https?:\/\//.test(incident.report);
  return read('Report', isAddress ? incident.report : `nightcrier report ${incident.id}`);
}

function repeat(claim: DeliveryClaim): string {
  return claim.delivery.uncertain ? '(may be a repeat)' : '';
}
