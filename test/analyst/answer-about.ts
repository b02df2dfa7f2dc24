import { expect } from 'vitest';
import { createAnalyst } from '../../src/analyst/create-analyst.ts';
import { readKubectl } from '../../src/analyst/remedy/kubectl-command.ts';
import type { Answer } from '../../src/domain/ports.ts';
import { requestFor, type TestCluster } from './cluster.ts';
import { createRedactor } from '../../src/lib/redact/redact.ts';

/** The analyst's answer about one object of a cluster, on the whole way: collector, rules, checker, report. */
export async function answerAbout(
  cluster: TestCluster,
  kind: string,
  namespace: string | null,
  name: string,
): Promise<Answer> {
  const analyst = createAnalyst({ readersFor: () => [cluster.reader()] });
  const request = requestFor(kind, namespace, name);
  const evidence = await analyst.collect(request, createRedactor(), new AbortController().signal);
  const answer = analyst.analyse(request, evidence);
  expect(wrongCommands(answer)).toEqual([]);
  return answer;
}

/** What no answer may tell people to run: what a shell does not take as one command, or one that says no cluster. */
function wrongCommands({ verdict }: Answer): readonly string[] {
  const commands = verdict.remediation.flatMap(({ command }) => command ?? []);
  const isWrong = (part: string): boolean => !part.startsWith('kubectl --context c1 ') || readKubectl(part) === null;
  return commands.filter((command) => command.split(' | ').some(isWrong));
}

/** The first cause, in one line: `KIND NAME mechanism [wrong value] confidence`. */
export async function causeOf(
  cluster: TestCluster,
  kind: string,
  namespace: string | null,
  name: string,
): Promise<string> {
  const { verdict } = await answerAbout(cluster, kind, namespace, name);
  const [cause] = verdict.causes;
  if (!cause) return verdict.is_fault ? 'no cause' : 'no fault';
  return `${cause.entity.kind} ${cause.entity.name} ${cause.mechanism} [${cause.wrong_value}] ${cause.confidence}`;
}
