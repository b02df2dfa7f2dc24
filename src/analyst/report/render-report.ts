import { sections, type Verdict } from '../../domain/verdict/verdict.ts';
import { oneLine } from '../../lib/text.ts';
import { entityText } from '../model/entities.ts';
import type { ReportModel } from './report-model.ts';

/** `investigation.md`: the seven sections of the output contract, the card first. */
export function renderReport(model: ReportModel): string {
  const bodies: readonly (readonly string[])[] = [
    card(model),
    problem(model),
    findings(model),
    causes(model),
    plan(model),
    proof(model),
    evidence(model),
  ];
  const parts = sections.map((title, at) => [`## ${title}`, '', ...(bodies[at] ?? [])].join('\n').trimEnd());
  return `# ${plainText(model.title, 200)}\n\n${parts.join('\n\n')}\n`;
}

function card(model: ReportModel): string[] {
  const { verdict } = model;
  const [first] = verdict.causes;
  const [todo] = verdict.remediation;
  const name = plainText(entityText(model.subject));
  if (!verdict.is_fault) {
    return [
      `**No fault.** ${plainText(verdict.summary)}`,
      '',
      `- **Cluster**: ${plainText(model.cluster)}`,
      '- **What to do**: nothing',
      ...flags(model),
    ];
  }
  return [
    `- **What broke**: ${name} in cluster ${plainText(model.cluster)} (${plainText(model.health)})`,
    `- **Why**: ${first ? plainText(first.statement) : withoutCause(model)}`,
    ...(first
      ? [
          `- **Cause**: ${inlineCode(entityText(first.entity))}, ${inlineCode(first.mechanism)}${first.wrong_value === null ? '' : `, wrong value ${inlineCode(first.wrong_value)}`} (confidence: ${first.confidence})`,
        ]
      : []),
    `- **Since**: ${model.since}`,
    `- **What to do**: ${todo ? plainText(todo.action) : 'see the remediation plan'}`,
    ...flags(model),
  ];
}

function withoutCause({ unexplained: [sign] }: ReportModel): string {
  return sign === undefined
    ? 'no cause found; see what was looked at below'
    : `no cause found. Start from ${plainText(sign)}`;
}

function flags(model: ReportModel): string[] {
  if (model.flagged.length === 0) return [];
  return [
    `- **Caution**: ${model.flagged.length === 1 ? 'a text' : `${model.flagged.length} texts`} in the evidence tried to instruct an assistant; it was not followed (see Evidence).`,
  ];
}

function problem(model: ReportModel): string[] {
  const lines = model.faults.length > 0 ? model.faults : [model.title];
  return [
    'What was reported (the words of the source, not a finding):',
    '',
    ...lines.map((line) => `- ${inlineCode(line)}`),
    '',
    `State now: ${plainText(model.health)}.`,
  ];
}

function findings(model: ReportModel): string[] {
  const facts = model.facts.map((fact) => `- **${fact.id}** ${inlineCode(fact.quote)} (${inlineCode(fact.file, 400)})`);
  const inferences = model.inferences.map(
    (inference) =>
      `- **${inference.id}** ${plainText(inference.text)} (from ${inference.from.join(', ') || 'no fact'}; confidence: ${inference.confidence})`,
  );
  if (facts.length === 0) return ['No fact carries a cause.'];
  if (inferences.length === 0) {
    return [
      model.verdict.is_fault ? 'What stands there, and no rule explains:' : 'What shows that it is no fault:',
      '',
      ...facts,
    ];
  }
  return [...facts, '', ...inferences];
}

function causes(model: ReportModel): string[] {
  const { verdict } = model;
  const ranked = verdict.causes.map(
    (cause) =>
      `${cause.rank}. ${inlineCode(entityText(cause.entity))}, ${inlineCode(cause.mechanism)}${cause.wrong_value === null ? '' : `, ${inlineCode(cause.wrong_value)}`}: ${plainText(cause.statement)} Confidence: ${cause.confidence}.`,
  );
  const none = verdict.is_fault
    ? ['No cause found. Looked at:', '', ...model.looked.map((it) => `- ${plainText(it)}`)]
    : [plainText(verdict.summary)];
  const block = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, '', ...lines.map((line) => `- ${plainText(line)}`)];
  return [
    ...(ranked.length > 0 ? ranked : none),
    ...block(`Not explained by ${ranked.length > 0 ? 'it' : 'any rule'}, the newest first:`, model.unexplained),
    ...block('How it reaches what alerted:', model.chain),
    ...block('Affected:', verdict.victims.map(entityText)),
    ...block('Ruled out:', model.ruledOut),
    ...block('Not ruled out, and less likely:', model.possible),
    ...block('Remarks of the claim check:', model.remarks),
  ];
}

function plan({ verdict, cluster, hasOptions }: ReportModel): string[] {
  if (verdict.remediation.length === 0)
    return [verdict.is_fault ? 'Nothing is proposed: no cause is shown.' : 'Nothing to do.'];
  const steps = verdict.remediation.flatMap((entry, at) => [
    `${at + 1}. ${plainText(entry.action)} (${riskOf(entry)})`,
    ...(entry.command === null ? [] : ['', `   ${inlineCode(entry.command, 1000)}`, '']),
    ...(entry.undo === null ? [] : [`   To undo: ${commandOrWords(entry.undo)}`, '']),
  ]);
  const place =
    hasOptions || !verdict.remediation.some(({ command }) => command !== null)
      ? ''
      : ` No context of a kubeconfig is known for cluster ${plainText(cluster)}: choose it before you run a command.`;
  return [`A person decides and acts; nothing was changed.${place}`, '', ...steps];
}

function riskOf({ command, risk, reversible, undo }: Verdict['remediation'][number]): string {
  if (risk === 'none') return command === null ? 'risk: none' : 'the command only reads';
  if (!reversible) return `risk: ${risk}; cannot be undone`;
  return `risk: ${risk}${undo === null ? '; can be undone' : ''}`;
}

const commandOrWords = (text: string): string =>
  text
    .split(/(kubectl [^;]+)/)
    .map((part) => (part.startsWith('kubectl ') ? inlineCode(part, 1000) : spaced(part)))
    .join('');

/** Words between two commands keep the space that parts them. */
const spaced = (text: string): string =>
  `${/^\s/.test(text) ? ' ' : ''}${plainText(text, 1000).trim()}${/\s$/.test(text) ? ' ' : ''}`;

function proof(model: ReportModel): string[] {
  return [
    `Built-in rules, no model. ${model.apiCalls} requests to the cluster, read only.${backing(model)}`,
    '',
    `Looked at: ${model.looked.map((it) => plainText(it)).join(', ') || 'nothing'}.`,
    ...(model.missing.length === 0
      ? []
      : ['', 'Could not be seen:', '', ...model.missing.map((it) => `- ${plainText(it)}`)]),
    ...(model.unrelated.length === 0
      ? []
      : ['', 'Seen besides, and not the cause:', '', ...model.unrelated.map((it) => `- ${plainText(it)}`)]),
  ];
}

/** What was held against the evidence, and what of it did not stand. */
function backing({ claims, claimsBacked }: ReportModel): string {
  if (claims === 0) return '';
  if (claims === claimsBacked)
    return ' Quotes, names and values of what is said were looked up in the evidence, and stand there.';
  return ` Of ${claims} causes, ${claims - claimsBacked} did not stand in the evidence as said: see the remarks of the claim check.`;
}

function evidence(model: ReportModel): string[] {
  const files = [...new Set(model.facts.map((fact) => fact.file))];
  const flagged = model.flagged.flatMap((it) => [`- ${inlineCode(it.quote)} (${inlineCode(it.file, 400)})`]);
  return [
    ...(files.length === 0 ? ['No file is cited.'] : files.map((file) => `- ${inlineCode(file, 400)}`)),
    ...(flagged.length === 0
      ? []
      : ['', 'Texts that tried to instruct an assistant; data, not followed:', '', ...flagged]),
  ];
}

/** Text of the cluster inside a sentence: one line, bounded, without power over the form of the document. */
function plainText(text: string, max = 600): string {
  return oneLine(text, max)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[`]/g, "'")
    .replace(/([*[\]\\|#])/g, '\\$1');
}

/** Text of the cluster as code: one line, bounded, fenced by more backticks than it holds. */
function inlineCode(text: string, max = 300): string {
  const line = oneLine(text, max);
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = '`'.repeat(longest + 1);
  const pad = line.startsWith('`') || line.endsWith('`') || line === '' ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}
