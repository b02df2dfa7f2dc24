import MarkdownIt from 'markdown-it';
import { describe, expect, test } from 'vitest';
import { sections } from '../../src/domain/verdict/verdict.ts';
import { reportMarkdown } from '../../src/report/markdown.ts';
import type { AnswerReport } from '../../src/report/model/answer-report.ts';
import { impactSample } from '../support/impact-sample.ts';
import { sampleTime } from '../support/incident-samples.ts';
import { evidenceSample, reportSample, sampleLog, verdictSample } from '../support/report-sample.ts';

function answerOf(parts: Parameters<typeof reportSample>[0] = {}): AnswerReport {
  const { answer } = reportSample(parts);
  if (answer === null) throw new Error('no answer');
  return answer;
}

const headings = (text: string): string[] => [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title ?? '');

describe('UX-21: investigation.md', () => {
  test('has the seven sections; the cause stands once, and its confidence means something', () => {
    const text = reportMarkdown(answerOf());
    expect(headings(text)).toEqual([...sections]);
    expect(text.match(/dropped the variable DB_URL/g)).toHaveLength(1);
    expect(text).toContain('(confidence: high. The evidence shows it directly.)');
    expect(text).not.toMatch(/\d of \d claim/);
  });

  test('says since when and for how long, every time with its zone', () => {
    const text = reportMarkdown(answerOf({ findings: { read_at: sampleTime + 720_000 } }));
    expect(text).toContain('- **Since**: 2026-11-20 09:00:00 UTC, for 12 min when this was read');
    expect(text).toContain('evidence of 2026-11-20 09:12:00 UTC');
    expect(text).not.toMatch(/\d\d:\d\d:\d\d(?! UTC)/);
  });

  test('QUA-4: says at the top whether it still serves, with names as text; without an answer to that, nothing', () => {
    const workloads = [{ object: 'Deployment shop/*x*', ready: 0, pods: 3 }];
    const text = reportMarkdown(answerOf({ findings: { impact: impactSample({ workloads }) } }));
    expect(text).toMatch(
      /- \*\*What broke\*\*.*\n- \*\*Impact\*\*: 0 of 3 pods of Deployment shop\/\\\*x\\\* are ready\.\n- \*\*Why/,
    );
    expect(reportMarkdown(answerOf())).not.toContain('Impact');
  });

  test('shows the line in its place, marked, and links its file', () => {
    const text = reportMarkdown(answerOf());
    expect(text).toContain(`([\`${sampleLog}\`](${sampleLog}))`);
    expect(text).toContain('  ```text\n    starting\n  > fatal: DB_URL is required\n    bye\n  ```');
  });

  test('commands name their cluster; where they cannot, it says so', () => {
    const text = reportMarkdown(answerOf());
    expect(text).toContain('`kubectl --context prod-eu -n payments rollout undo deployment/api`');
    expect(text).not.toContain('No context of a kubeconfig is known');
    const [step] = verdictSample().remediation;
    const bare = { ...step!, command: 'kubectl -n payments get pods', undo: null };
    const open = reportMarkdown(answerOf({ verdict: verdictSample({ remediation: [bare] }) }));
    expect(open).toContain('No context of a kubeconfig is known for cluster prod-eu');
    expect(open).toContain('(only reads)');
    const ours = { ...bare, command: 'kubectl --kubeconfig /k.yaml -n payments edit deployment/api' };
    expect(reportMarkdown(answerOf({ verdict: verdictSample({ remediation: [ours] }) }))).toContain(
      'which may only read',
    );
  });

  test('what is ruled out, is possible, and is not explained have their places; nothing is empty', () => {
    const text = reportMarkdown(
      answerOf({ findings: { ruled_out: ['a secret: it is there'], possible: ['b'], unexplained: ['c'] } }),
    );
    for (const part of ['Ruled out:\n\n- a secret: it is there', 'less likely:\n\n- b', 'newest first:\n\n- c']) {
      expect(text).toContain(part);
    }
    expect(reportMarkdown(answerOf())).not.toContain('Ruled out');
  });

  test('without a cause it says where to begin; without a fault, that nothing is wrong', () => {
    const none = reportMarkdown(
      answerOf({ verdict: verdictSample({ causes: [] }), findings: { unexplained: ['event X'], looked: ['Pod: 3'] } }),
    );
    expect(none).toContain('no cause found. Start from event X');
    expect(none).toContain('No cause found. Looked at:\n\n- Pod: 3');
    const well = reportMarkdown(
      answerOf({ verdict: verdictSample({ is_fault: false, causes: [], remediation: [], summary: 'It is well.' }) }),
    );
    expect(well).toContain('**No fault.** It is well.');
    expect(well).toContain('Nothing to do.');
  });
});

test('UX-21, GAT-5: no text of a cluster has power over the form of the markdown', () => {
  const text =
    '# Title\n## Findings\n\n```\n</code> <img src=x> [l](http://evil.test) ![i](http://evil.test) `x` **b** | a';
  const entity = { kind: text, namespace: text, name: text };
  const [cause] = verdictSample().causes;
  const [step] = verdictSample().remediation;
  const lines = [
    { text: '````', marked: false },
    { text, marked: true },
    { text: '```', marked: false },
  ];
  const markdown = reportMarkdown({
    ...answerOf({
      verdict: verdictSample({
        causes: [1, 2].map((rank) => ({ ...cause!, rank, entity, statement: text, wrong_value: text })),
        victims: [entity],
        remediation: [{ ...step!, action: text, command: text, undo: text }],
      }),
      findings: {
        health: text,
        evidence: [evidenceSample({ words: text, quote: text, excerpt: { first: 1, lines, times: 1, at: null } })],
        changes: [{ at: 0, kind: 'event', object: text, words: text }],
        ruled_out: [text],
        possible: [text],
        unexplained: [text],
        unrelated: [text],
        missing: [text],
        remarks: [text],
        flagged: [{ file: text, quote: text }],
      },
    }),
    title: text,
    faults: [text],
  });
  expect(headings(markdown)).toEqual([...sections]);
  const html = new MarkdownIt({ html: true }).render(markdown);
  expect(html).not.toMatch(/<img|evil\.test"|<strong>b<|<table/);
  expect([...html.matchAll(/<h\d>/g)]).toHaveLength(sections.length + 1);
});
