import type { Mechanism } from '../../domain/verdict/mechanism.ts';
import { sentence } from '../../lib/text.ts';
import { sameEntity } from '../model/entities.ts';
import { type Conclusion, rollBack, type RuleView, type Step } from '../rules/rule.ts';
import { type RevisionChange, revisionChange, runningRevision } from '../signals/rollout/revision-change.ts';

/** How settings are wrong for the program that reads them. */
const ofSettings: ReadonlySet<Mechanism> = new Set([
  'missing_env',
  'bad_config_value',
  'missing_file',
  'wrong_endpoint',
  'wrong_dns_name',
]);

/**
 * Settings with which the revision before runs are not wrong by themselves: what blames them is not told for sure where only
 * the image is another one, and says so. A variable that a program misses by its name is absent for sure: the new image asks
 * for it.
 */
export function withoutBlame(
  conclusions: readonly Conclusion[],
  { graph, workloads }: RuleView,
): readonly Conclusion[] {
  const blaming = conclusions.filter((one) => ofSettings.has(one.mechanism) && one.confidence === 'high');
  if (blaming.length === 0) return conclusions;
  const apart = workloads
    .filter((workload) => blaming.some(({ affects }) => affects.some((one) => sameEntity(one, workload.entity))))
    .flatMap((workload) => {
      const change = revisionChange(graph, workload);
      return change && isImageAlone(change) ? [change] : [];
    });
  if (apart.length === 0) return conclusions;
  return conclusions.map((conclusion) => {
    const change = blaming.includes(conclusion)
      ? apart.find(({ workload }) => conclusion.affects.some((one) => sameEntity(one, workload.entity)))
      : undefined;
    return change === undefined ? conclusion : withDoubt(conclusion, change);
  });
}

/** Only the image is another one, and nothing of the settings was written since the pods of before started. */
function isImageAlone({ changes, touched }: RevisionChange): boolean {
  return touched.length === 0 && changes.length > 0 && changes.every(({ what }) => what === 'image');
}

function withDoubt(conclusion: Conclusion, change: RevisionChange): Conclusion {
  const { runs } = change;
  return {
    ...conclusion,
    confidence: conclusion.mechanism === 'missing_env' ? conclusion.confidence : 'medium',
    statement: `${sentence(conclusion.statement)} The revision before runs on the same settings (pod ${runs.name}, ${imageOf(change)}): the new image asks for something that the old one did not.`,
    remediation: [...conclusion.remediation, ...wayBack(conclusion.remediation, change)],
  };
}

/** The image that runs. */
const imageOf = ({ changes: [image] }: RevisionChange): string => image?.was ?? '';

/** Back to what runs, after the steps that give the new image what it asks for; none where one of them goes back already. */
function wayBack(steps: readonly Step[], change: RevisionChange): Step[] {
  if (steps.some(({ command }) => command?.includes(' rollout undo ') === true)) return [];
  const { entity } = change.workload;
  const revision = runningRevision(change);
  const to = revision === null ? 'its revision before' : `revision ${revision}`;
  const action = `Roll ${entity.name} back to ${to} (${imageOf(change)}), which runs on the same settings, until the new image has what it asks for`;
  return [rollBack(entity, action, revision ?? undefined)];
}
