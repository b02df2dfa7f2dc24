import { forCluster, isReading, namesCluster } from '../../domain/decide/kubectl-access.ts';
import { shellWord } from '../../lib/process/command-line.ts';
import { plural, printable } from '../../lib/text.ts';
import { command, say } from '../../report/answer-lines.ts';

/** One program that people know, once: no shell, no list, nothing that hides another command. */
const plain = /^(?:kubectl|flux|helm)\s[^;&|<>`$\\\n]*$/;

/**
 * Commands that an agent proposes, as lines for people: those that read, then, with a word of warning, those that change
 * something. Each names the cluster of the incident; one that is more than a plain command, or that chooses a cluster by
 * itself, is left out, and that is said. None is run.
 */
export function commandLines(commands: readonly string[], kubectl: readonly string[]): readonly string[] {
  const own = ` ${kubectl.map(shellWord).join(' ')} `;
  // One that names the cluster of the incident as we do says nothing else.
  const given = kubectl.length === 0 ? commands : commands.map((text) => text.replace(own, ' '));
  const known = given.filter((text) => plain.test(text) && choosesNothing(text));
  const reading = known.filter((text) => isReading(text));
  const acting = known.filter((text) => !isReading(text));
  const shown = (text: string): string => command(forCluster(printable(text), kubectl));
  const left = commands.length - known.length;
  return [
    ...reading.map(shown),
    ...(acting.length === 0 ? [] : [say('What follows changes something, and nobody has checked it:')]),
    ...acting.map(shown),
    ...(left === 0
      ? []
      : [say(`Left out: ${plural(left, 'command')} for another cluster, or more than one kubectl, flux or helm.`)]),
  ];
}

/** The cluster, and whose rights, are chosen by us. */
function choosesNothing(text: string): boolean {
  return (
    !namesCluster(text) &&
    !/\s--?(?:as|as-group|as-uid|token|user|kube-token|kube-as-user|kube-apiserver)[\s=]/.test(text)
  );
}
