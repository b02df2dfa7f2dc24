import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { libraryMissing } from '../../model/process-words.ts';
import { endRefs, entryRef, entryThat, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Rule, where } from '../rule.ts';

/** Programs whose image lacks a part of the system that they are built for. */
export const libraryRules: readonly Rule[] = [
  {
    id: 'library-missing',
    catalogue: [7],
    needs: 'a log that names a library, or a version of it or of the runtime, that the image lacks',
    unless: 'the same image ran before on the same settings',
    conclude: eachCrash(lacksLibrary),
  },
];

function lacksLibrary(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { container, pod, workload } = trouble;
  if (trouble.kind !== 'crash') return null;
  for (const form of libraryMissing) {
    const entry = entryThat(trouble, form);
    const name = entry === null ? undefined : form.exec(`${entry.error}: ${entry.message}`)?.[1];
    if (!entry || name === undefined) continue;
    return conclusion('library-missing', {
      entity: workload.entity,
      mechanism: 'bad_image_release',
      wrongValue: name,
      statement: `The program of the ${where(trouble)} was built for a system that has ${name}; its image ${container.image} has not, so it cannot start: ${entry.message}`,
      weight: 94,
      evidence: [
        entryRef(graph, trouble, entry),
        graph.fieldRef(pod.object, 'image', container.image),
        ...endRefs(graph, trouble),
      ],
      ruledOut: [
        'the configuration: the program ends before it reads it',
        'a missing program: it is there and was started',
      ],
      remediation: edit('Use an image that was built on the system that it runs on', workload.entity),
    });
  }
  return null;
}
