import { impactWords } from '../../../src/domain/verdict/impact-words.ts';
import { answerAbout } from '../answer-about.ts';
import type { TestCluster } from '../cluster.ts';

/** What the answer about an object of a cluster says of its impact, on the whole way: collector, analyst, words. */
export async function wordsOn(
  cluster: TestCluster,
  kind: string,
  namespace: string | null,
  name: string,
): Promise<string> {
  const { findings } = await answerAbout(cluster, kind, namespace, name);
  if (findings.impact === null) throw new Error('an answer without an impact');
  return impactWords(findings.impact);
}
