import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt } from '../../model/fields.ts';
import { flagUnknown } from '../../model/process-words.ts';
import { containerSpec } from '../../model/workload.ts';
import { imageBefore } from '../../signals/rollout/image-before.ts';
import { settingsOf } from '../../signals/settings.ts';
import { endRefs, entryRef, entryThat, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Rule, where } from '../rule.ts';

/** Programs that end at a flag which they do not know. */
export const flagRules: readonly Rule[] = [
  {
    id: 'flag-unknown',
    catalogue: [5],
    needs: 'a log that names a flag which the program does not know, and the arguments that have it',
    unless: 'nothing gives the flag to the program, or it goes on without it',
    conclude: eachCrash(unknownFlag),
  },
];

function unknownFlag(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { container, pod, workload } = trouble;
  if (trouble.kind !== 'crash') return null;
  for (const form of flagUnknown) {
    const entry = entryThat(trouble, form);
    const said = entry === null ? undefined : form.exec(entry.message)?.[1];
    if (!entry || said === undefined) continue;
    const place = givenWhere(graph, trouble, said);
    if (!place) continue;
    const before = imageBefore(workload, container.name, container.image);
    const change = before === null ? '' : ` The image before was ${before.image}: its flags may have been others.`;
    return conclusion('flag-unknown', {
      entity: place.entity,
      mechanism: place.from === 'args' ? 'bad_command' : 'bad_config_value',
      wrongValue: place.text,
      statement: `The ${where(trouble)} is given ${place.text}, which its image ${container.image} does not know, so it ends at once.${change} It says: ${entry.message}`,
      weight: 93,
      confidence: before === null ? 'high' : 'medium',
      evidence: [
        entryRef(graph, trouble, entry),
        graph.refIn(place.entity, place.text),
        before === null ? null : graph.fieldRef(pod.object, 'image', container.image),
        ...endRefs(graph, trouble),
      ],
      affects: [workload.entity],
      ruledOut: 'what the program works with: it ends while it reads its arguments',
      remediation: edit(`Take ${place.text} away, or give the flag as the image's version spells it`, place.entity),
    });
  }
  return null;
}

/** Where a flag is given, as it stands there: arguments first, then variables and files. Some programs name it with one dash. */
function givenWhere(graph: EvidenceGraph, trouble: Trouble, said: string) {
  const { container, workload } = trouble;
  const name = said.replace(/^-+/, '');
  const spelt = (text: string): string | undefined =>
    [said, `--${name}`, `-${name}`].find((flag) => text === flag || text.startsWith(`${flag}=`));
  const spec = containerSpec(workload, container.name);
  for (const arg of [...listAt(spec, 'command'), ...listAt(spec, 'args')].map(String)) {
    const text = arg
      .split(/\s+/)
      .map((word) => spelt(word))
      .find((it) => it !== undefined);
    if (text !== undefined) return { entity: workload.entity, from: 'args', text } as const;
  }
  const setting = settingsOf(graph, workload, container.name).find(
    (it) => it.from !== 'args' && it.value.split(/[\s"']+/).some((word) => word === said || word.endsWith(name)),
  );
  return setting ? ({ entity: setting.entity, from: setting.from, text: said } as const) : null;
}
