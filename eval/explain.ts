import { analyse } from '../src/analyst/answer.ts';
import { entityText } from '../src/analyst/model/entities.ts';
import { allRules } from '../src/analyst/all-rules.ts';
import type { RuleView } from '../src/analyst/rules/rule.ts';
import type { Result } from './evaluate.ts';

type Analysis = ReturnType<typeof analyse>;

/** How an answer came about: the evidence, the graph, the rules that fired with what each needed, the report. */
export function explain(result: Result): string {
  const analysis = analyse(result.request, result.evidence);
  return `${[
    `# ${result.truth.id}`,
    ...evidencePart(result),
    ...graphPart(analysis),
    ...troublePart(analysis),
    ...rulePart(analysis.view),
    '',
    '## Report',
    '',
    result.answer.markdown,
  ].join('\n')}\n`;
}

function evidencePart({ evidence, apiCalls, ms }: Result): string[] {
  return [
    '',
    `## Evidence: ${apiCalls} API calls, ${Math.round(ms)} ms`,
    '',
    ...evidence.files.map((file) => `- ${file.path}, ${file.text.length} characters`),
    ...evidence.missing.map((it) => `- missing: ${it}`),
  ];
}

function graphPart({ focus, health, workloads, ranking }: Analysis): string[] {
  return [
    '',
    '## Graph',
    '',
    `focus: ${focus.entities.map(entityText).join(', ')}`,
    `health: ${health.state}, ${health.why}`,
    '',
    ...workloads.map((it) => `- ${entityText(it.entity)}: pods ${it.pods.map((pod) => pod.name).join(', ') || 'none'}`),
    ...ranking.causes.flatMap(({ conclusion, chain }, at) => [
      `- cause ${at + 1}: ${entityText(conclusion.entity)} ${conclusion.mechanism}`,
      ...chain.map((edge) => `  - ${entityText(edge.from)} calls ${entityText(edge.to)}`),
    ]),
  ];
}

function troublePart({ view }: Analysis): string[] {
  return [
    '',
    '## Troubles of containers',
    '',
    ...view.troubles.map(
      ({ kind, pod, container, end, reason }) =>
        `- ${kind} ${pod.namespace}/${pod.name}/${container.name}: exit ${end?.exitCode ?? '?'} ${end?.reason ?? ''}, ${reason?.kind ?? 'no reason in the log'}: ${reason?.text.slice(0, 300) ?? ''}`,
    ),
  ];
}

function rulePart(view: RuleView): string[] {
  const fired = allRules.map((rule) => ({ rule, conclusions: rule.conclude(view) }));
  const silent = fired.filter(({ conclusions }) => conclusions.length === 0).map(({ rule }) => rule.id);
  const entries = fired.flatMap(({ rule, conclusions }) => conclusions.map((it) => ({ rule, it })));
  return [
    '',
    '## Rules that fired',
    '',
    ...entries.flatMap(({ rule, it }) => [
      `- ${it.rule} (weight ${it.weight}, ${it.confidence}): ${entityText(it.entity)} ${it.mechanism} [${it.wrongValue}]`,
      `  - needs: ${rule.needs}`,
      `  - says: ${it.statement}`,
      ...it.evidence.map((ref) => `  - ${ref.file}: ${ref.quote}`),
      ...it.ruledOut.map((text) => `  - ruled out: ${text}`),
    ]),
    '',
    `${silent.length} rules said nothing: ${silent.join(', ')}`,
  ];
}
