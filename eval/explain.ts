import { analyse } from '../src/analyst/analyse-files.ts';
import { entityText } from '../src/analyst/graph/owner.ts';
import type { Result } from './evaluate.ts';

/** The graph, the troubles, and the rules that fired with what each needed. */
export function explain(result: Result): string {
  const analysis = analyse(result.request, result.evidence);
  const lines = [`# ${result.truth.id}`, '', `focus: ${analysis.focus.entities.map(entityText).join(', ')}`];
  lines.push(`health: ${analysis.health.state}, ${analysis.health.why}`, '', 'troubles:');
  for (const it of analysis.view.troubles) {
    lines.push(
      `- ${it.kind} ${it.pod.namespace}/${it.pod.name}/${it.container.name}: exit ${it.end?.exitCode} ${it.end?.reason}, ${it.reason?.kind}: ${it.reason?.text.slice(0, 300)}`,
    );
  }
  lines.push('', 'conclusions:');
  for (const it of analysis.conclusions) {
    lines.push(
      `- [${it.weight} ${it.confidence}] ${it.rule}: ${entityText(it.entity)} ${it.mechanism} ${it.wrongValue}`,
      `  ${it.statement}`,
    );
    for (const ref of it.evidence) lines.push(`    ${ref.file}: ${ref.quote}`);
  }
  lines.push('', `missing: ${result.evidence.missing.join('; ')}`, '', result.answer.markdown);
  return `${lines.join('\n')}\n`;
}
