import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../eval/evaluate.ts';
import { loadRecordings, type Recording } from '../../../eval/recording.ts';
import { evalSets } from '../../../eval/sets.ts';
import { entityText } from '../../../src/analyst/model/entities.ts';
import { answerAbout } from '../answer-about.ts';
import { TestCluster } from '../cluster.ts';

/** The lines of a list of the report, without the marks. */
function listed(markdown: string, title: string): readonly string[] {
  const [, rest = ''] = markdown.split(`\n${title}\n\n`);
  const lines = rest.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('- '));
  return lines.slice(0, end === -1 ? undefined : end).map((line) => line.slice(2));
}

const all = evalSets.flatMap(({ dir }) => loadRecordings(dir));

describe('QUA-1: what a report rules out', () => {
  test.each(all.map((recording): [string, Recording] => [recording.truth.id ?? '', recording]))(
    '%s: each with its proof, once, and never what is blamed or only follows from it',
    async (_, recording) => {
      const { markdown, verdict } = (await evaluate(recording)).answer;
      const out = listed(markdown, 'Ruled out:');
      expect(out.filter((line) => !/^.+: .+/.test(line))).toEqual([]);
      expect(out).toEqual([...new Set(out)]);
      const blamed = verdict.causes.flatMap(({ entity, mechanism }) => [`${entityText(entity)}:`, `${mechanism} of `]);
      expect(out.filter((line) => blamed.some((name) => line.startsWith(name)))).toEqual([]);
      expect(markdown).not.toContain('explained by the cause above');
      const besides = listed(markdown, 'Seen besides, and not the cause:');
      expect(besides).toEqual([...new Set(besides)]);
      expect(besides.filter((line) => verdict.causes.some(({ statement }) => statement === line))).toEqual([]);
    },
  );
});

describe('QUA-1: what a report leaves open', () => {
  test('nothing beside a cause that is sure', async () => {
    const cluster = new TestCluster();
    cluster.crash('ns', 'app', { log: "KeyError: 'REDIS_URL'\n" });
    const { markdown, verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]?.confidence).toBe('high');
    expect(listed(markdown, 'Not ruled out, and less likely:')).toEqual([]);
  });
});

test('QUA-1: the report says what was held against the evidence, not how many of how many', async () => {
  const cluster = new TestCluster();
  cluster.crash('ns', 'app', { log: "KeyError: 'REDIS_URL'\n" });
  const { markdown } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
  expect(markdown).toContain(
    'Quotes, names and values of what is said were looked up in the evidence, and stand there.',
  );
  expect(markdown).toMatch(
    /- \*\*INF-1\*\* missing_env of Deployment ns\/app \(from FACT-1 to FACT-\d; confidence: high\)/,
  );
});
