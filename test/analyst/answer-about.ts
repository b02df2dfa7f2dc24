import { createAnalyst } from '../../src/analyst/create-analyst.ts';
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
  return analyst.analyse(request, await analyst.collect(request, createRedactor(), new AbortController().signal));
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
