import { accessNote } from '../domain/decide/kubectl-access.ts';
import { impactWords } from '../domain/verdict/impact-words.ts';
import type { EvidenceLine, Excerpt } from '../domain/verdict/findings.ts';
import { sections } from '../domain/verdict/verdict.ts';
import { spokenDuration, utcTime } from '../lib/format.ts';
import { code, fencedCode, fileLink, plainText } from './markdown-text.ts';
import { type AnswerReport, entityWords, type ReportedCause, type ReportedStep } from './model/answer-report.ts';

/** `investigation.md`: the seven sections of the output contract, the card first. */
export function reportMarkdown(report: AnswerReport): string {
  const bodies: readonly (readonly string[])[] = [
    card(report),
    problem(report),
    findings(report),
    causesSection(report),
    plan(report),
    proof(report),
    evidence(report),
  ];
  const parts = sections.map((title, at) => [`## ${title}`, '', ...(bodies[at] ?? [])].join('\n').trimEnd());
  return `# ${plainText(report.title, 200)}\n\n${parts.join('\n\n')}\n`;
}

function card(report: AnswerReport): string[] {
  const { findings: found, cause, isFault } = report;
  const state = plainText(found.health);
  if (!isFault) {
    return [
      `**No fault.** ${plainText(report.summary)}`,
      '',
      `- **Looked at**: ${plainText(report.object)} in cluster ${plainText(report.cluster)}`,
      ...impactLine(report),
      ...identity(report),
      '- **What to do**: nothing',
      ...flags(report),
    ];
  }
  return [
    `- **What broke**: ${plainText(report.object)} in cluster ${plainText(report.cluster)} (${state})`,
    ...impactLine(report),
    `- **Why**: ${cause === null ? withoutCause(report) : plainText(cause.statement)}`,
    ...(cause === null ? [] : [`- **Cause**: ${causeLine(cause)}`]),
    ...identity(report),
    `- **What to do**: ${firstStep(report.steps[0])}`,
    ...flags(report),
  ];
}

/** What it means for users; of when that is, the line of the incident says. */
function impactLine({ object, findings: { impact } }: AnswerReport): string[] {
  return impact === null ? [] : [`- **Impact**: ${plainText(impactWords(impact, object), 800)}`];
}

/** What is blamed in the words of the contract, without its sentence: that stands in the card. */
function causeLine({ object, mechanism, wrongValue, confidence, confidenceWords }: ReportedCause): string {
  const value = wrongValue === null ? '' : ` ${code(wrongValue)}`;
  return `${code(object)}, ${code(mechanism)}${value} (confidence: ${confidence}. ${confidenceWords})`;
}

function identity({ id, severity, since, findings: { read_at: read } }: AnswerReport): string[] {
  const lasted = read !== null && read > since ? `, for ${spokenDuration(read - since)} when this was read` : '';
  return [
    `- **Since**: ${utcTime(since)}${lasted}`,
    `- **Incident**: ${code(id)}${severity === null ? '' : `, ${severity}`}${read === null ? '' : `, evidence of ${utcTime(read)}`}`,
  ];
}

function firstStep(step: ReportedStep | undefined): string {
  if (step === undefined) return 'see the remediation plan';
  const { action, command, risk } = step;
  return command === null ? plainText(action) : `${plainText(action)} (${risk}): ${code(command, 1000)}`;
}

function withoutCause({ findings: { unexplained } }: AnswerReport): string {
  const [sign] = unexplained;
  return sign === undefined
    ? 'no cause found; see what was looked at below'
    : `no cause found. Start from ${plainText(sign)}`;
}

function flags({ findings: { flagged } }: AnswerReport): string[] {
  if (flagged.length === 0) return [];
  return [
    `- **Caution**: ${flagged.length === 1 ? 'a text' : `${flagged.length} texts`} in the evidence tried to instruct an assistant; it was not followed (see Evidence).`,
  ];
}

function problem({ faults, title, findings: found }: AnswerReport): string[] {
  const lines = faults.length > 0 ? faults : [title];
  return [
    'What was reported (the words of the source, not a finding):',
    '',
    ...lines.map((line) => `- ${code(line)}`),
    '',
    `State now: ${plainText(found.health)}.`,
    ...(found.changes.length === 0 ? [] : ['', 'What changed before, the newest first:', '']),
    ...found.changes.map(({ at, object, words }) => `- ${utcTime(at)}: ${code(object)} ${plainText(words)}`),
  ];
}

function findings({ findings: found, cause, isFault }: AnswerReport): string[] {
  const facts = found.evidence.flatMap((line, at) => fact(line, at + 1));
  const more = found.more_evidence.flatMap((line, at) => fact(line, found.evidence.length + at + 1));
  if (facts.length === 0) return ['No fact carries a cause.', ...(more.length === 0 ? [] : ['', ...more])];
  if (cause !== null) {
    const last = `- **INF-1** ${plainText(cause.mechanism)} of ${plainText(cause.object)} (from FACT-1${facts.length > 1 && found.evidence.length > 1 ? ` to FACT-${found.evidence.length}` : ''}; confidence: ${cause.confidence})`;
    return [...facts, '', last, ...(more.length === 0 ? [] : ['', 'For the other causes:', '', ...more])];
  }
  return [isFault ? 'What stands there, and no rule explains:' : 'What shows that it is no fault:', '', ...facts];
}

/** A piece of evidence: what it says in words, then as it stands; a line of a log among those around it. */
function fact({ words, quote, file, excerpt }: EvidenceLine, number: number): string[] {
  const source = `(${fileLink(file)})`;
  if (excerpt === null) return [`- **FACT-${number}** ${plainText(words)}: ${code(quote, 500)} ${source}`];
  const place = inPlace(excerpt);
  return [
    `- **FACT-${number}** ${plainText(words)}: ${code(quote, 500)} ${source}`,
    ...(place.length === 0 ? [] : ['', ...place, '']),
  ];
}

function inPlace({ lines }: Excerpt): string[] {
  if (lines.length < 2) return [];
  return fencedCode(lines.map(({ text, marked }) => `${marked ? '> ' : '  '}${text}`)).map((line) => `  ${line}`);
}

function causesSection(report: AnswerReport): string[] {
  const { cause, otherCauses, isFault, findings } = report;
  const others = otherCauses.map((other, at) => `${at + 2}. ${causeLine(other)}: ${plainText(other.statement)}`);
  const first = cause === null ? [] : [`1. ${code(cause.object)}, ${code(cause.mechanism)}: the sentence of the card.`];
  const none = isFault
    ? ['No cause found. Looked at:', '', ...findings.looked.map((it) => `- ${plainText(it)}`)]
    : ['Nothing is wrong: see the card.'];
  const block = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, '', ...lines.map((line) => `- ${plainText(line)}`)];
  const chain = findings.chain.map(
    ({ from, via, to }) => `${entityWords(from)} fails to reach ${entityWords(via)} (${entityWords(to)})`,
  );
  return [
    ...(cause === null ? none : [...first, ...others]),
    ...block(`Not explained by ${cause === null ? 'any rule' : 'it'}, the newest first:`, findings.unexplained),
    ...block('How it reaches what alerted:', chain),
    ...block('Affected:', report.affected),
    ...block('Ruled out:', findings.ruled_out),
    ...block('Not ruled out, and less likely:', findings.possible),
    ...block('Remarks of the claim check:', findings.remarks),
  ];
}

function plan({ steps, isFault, cluster }: AnswerReport): string[] {
  if (steps.length === 0) return [isFault ? 'Nothing is proposed: no cause is shown.' : 'Nothing to do.'];
  const lines = steps.flatMap(({ action, command, risk, undo }, at) => [
    `${at + 1}. ${plainText(action)} (${risk})`,
    ...(command === null ? [] : ['', `   ${code(command, 1000)}`, '']),
    ...(undo === null ? [] : [`   To undo: ${commandOrWords(undo)}`, '']),
  ]);
  const commands = steps.map(({ command }) => command);
  const note = accessNote(commands, plainText(cluster));
  const place = note === null ? '' : ` ${note}`;
  return [`A person decides and acts; nothing was changed.${place}`, '', ...lines];
}

const commandOrWords = (text: string): string =>
  text
    .split(/(kubectl [^;]+)/)
    .map((part) => (part.startsWith('kubectl ') ? code(part, 1000) : spaced(part)))
    .join('');

/** Words between two commands keep the space that parts them. */
const spaced = (text: string): string =>
  `${/^\s/.test(text) ? ' ' : ''}${plainText(text, 1000).trim()}${/\s$/.test(text) ? ' ' : ''}`;

function proof({ findings: found }: AnswerReport): string[] {
  const listed = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, '', ...lines.map((line) => `- ${plainText(line)}`)];
  return [
    `Built-in rules, no model. ${found.requests} requests to the cluster, read only.${backing(found)}`,
    '',
    `Looked at: ${found.looked.map((it) => plainText(it)).join(', ') || 'nothing'}.`,
    ...listed('Could not be seen:', found.missing),
    ...listed('Seen besides, and not the cause:', found.unrelated),
  ];
}

/** What was held against the evidence, and what of it did not stand. */
function backing({ claims, claims_backed: backed }: AnswerReport['findings']): string {
  if (claims === 0) return '';
  if (claims === backed)
    return ' Quotes, names and values of what is said were looked up in the evidence, and stand there.';
  return ` Of ${claims} causes, ${claims - backed} did not stand in the evidence as said: see the remarks of the claim check.`;
}

function evidence({ findings: found }: AnswerReport): string[] {
  const files = [...new Set([...found.evidence, ...found.more_evidence].map(({ file }) => file))];
  const flagged = found.flagged.flatMap(({ file, quote }) => [`- ${code(quote)} (${fileLink(file)})`]);
  return [
    ...(files.length === 0 ? ['No file is cited.'] : files.map((file) => `- ${fileLink(file)}`)),
    ...(flagged.length === 0
      ? []
      : ['', 'Texts that tried to instruct an assistant; data, not followed:', '', ...flagged]),
  ];
}
