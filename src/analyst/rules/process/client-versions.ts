import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { clientVersion } from '../../model/process-words.ts';
import { endRefs, entryRef, entryThat, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Rule, where } from '../rule.ts';

/** Programs of a version that the server which they talk to does not go with. */
export const clientVersionRules: readonly Rule[] = [
  {
    id: 'client-version',
    catalogue: [8, 116],
    needs: 'a log that says that the versions of client and server do not go together',
    unless: 'the server refuses for another reason, or the program got on with it',
    conclude: eachCrash(doesNotFit),
  },
];

function doesNotFit(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { container, entries, pod, workload } = trouble;
  if (trouble.kind === 'waits') return null;
  const entry = entryThat(trouble, clientVersion);
  if (!entry) return null;
  const after = entries[entries.indexOf(entry) + 1];
  const detail = after && /version/i.test(after.message) && !clientVersion.test(after.message) ? after : null;
  return conclusion('client-version', {
    entity: workload.entity,
    mechanism: 'bad_image_release',
    wrongValue: container.image,
    statement: `The program in the image ${container.image} of the ${where(trouble)} and the server that it calls are of versions that do not go together: ${entry.message.trim()}${detail ? ` (${detail.message.trim()})` : ''}`,
    weight: 94,
    evidence: [
      entryRef(graph, trouble, entry),
      detail ? entryRef(graph, trouble, detail) : null,
      graph.fieldRef(pod.object, 'image', container.image),
      ...endRefs(graph, trouble),
    ],
    ruledOut: [
      'the network, the name and the login: the server answered',
      'the file or data that comes after it: nothing was read',
    ],
    remediation: edit(
      `Use an image whose program is of the version of the server, or one that the server supports`,
      workload.entity,
    ),
  });
}
