import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { reportHtml } from '../../../src/triage/output/report-html.ts';
import { answeredIncident, sampleFault, sampleRun } from '../../support/incident-samples.ts';
import { evidenceSample, reportSample, sampleLog, verdictSample } from '../../support/report-sample.ts';
import { sampleView, stormClaim } from '../../support/storm-sample.ts';

const sample = reportSample();

describe('STO-2: the page of a report', () => {
  test('UX-21: says what, where, why, since when and what to do, then shows the line in its place', () => {
    const html = reportHtml(sample, null);
    const order = [
      'Cause found',
      'Deployment payments/api',
      'prod-eu (production)',
      'Rollout 41 dropped the variable DB_URL',
      'The evidence shows it directly.',
      '2026-11-20 09:00:00 UTC',
      'for <b>3 min</b>',
      'kubectl --context prod-eu -n payments rollout undo deployment/api',
      'log of container api, line 12',
      '11  starting',
      'fatal: DB_URL is required',
    ];
    const body = html.slice(html.indexOf('<body>'));
    const places = order.map((text) => body.indexOf(text));
    expect(places.every((at) => at > 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(html).toContain(`href="${sampleLog}"`);
    expect(html.match(/Rollout 41 dropped the variable DB_URL/g)).toHaveLength(1);
  });

  test('is readable on a phone, light and dark', () => {
    const html = reportHtml(sample, null);
    expect(html).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
    expect(html).toContain('color-scheme: light dark');
    expect(html).toContain('prefers-color-scheme: dark');
    expect(html).toContain('<html lang="en">');
  });

  test('its policy allows its own style by hash and nothing else', () => {
    const html = reportHtml(sample, '# x');
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1] ?? '';
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policy.replaceAll('&#39;', "'")).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    );
    expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<style>'));
    // No style in an attribute: the policy would refuse it.
    expect(html).not.toMatch(/\sstyle=/);
  });

  test('shows the report of an agent in its own words: headings, tables, code', () => {
    const html = reportHtml(sample, '## Findings\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n`code` **bold**\n');
    for (const text of ['<h2>Findings</h2>', '<td>1</td>', '<code>code</code>', 'In the words of the agent']) {
      expect(html).toContain(text);
    }
    expect(reportHtml(sample, null)).not.toContain('In the words of the agent');
  });

  test('INT-4: that of a storm names what its members have in common, and stays bounded', () => {
    const { incident, ...rest } = stormClaim(500);
    if (incident === null) throw new Error('no incident');
    const storm = sampleView(500);
    const html = reportHtml(reportSample({ detail: { incident, faults: [], runs: rest.runs, storm } }), null);
    expect(html).toContain('Common to most: 499 of 500 on node n1');
    expect(html).toContain('CrashLoop · shop/app1 (Deployment)');
    expect(html).toContain('and 400 more');
  });
});

const attacks: readonly [what: string, markdown: string][] = [
  ['a script', '<script>alert(1)</script>'],
  ['a script in a heading', '# <script>alert(1)</script>'],
  ['an event handler', '<img src=x onerror=alert(1)>'],
  ['a script in a table', '| a |\n|---|\n| <script>alert(1)</script> |'],
  ['a fence that is closed early', '```\n</code></pre><script>alert(1)</script>\n```'],
  ['a language of a fence', '```"><script>alert(1)</script>\nx\n```'],
  ['a javascript link', '[x](javascript:alert(1))'],
  ['a hidden javascript link', '[x](java\u0000script:alert(1)) [y](&#106;avascript:alert(1)) [z](JaVaScRiPt:alert(1))'],
  ['a data link', '[x](data:text/html,<script>alert(1)</script>)'],
  ['a foreign link', '[Restart here](https://evil.example/login)'],
  ['a foreign link without a scheme', '[x](//evil.example/)'],
  ['an automatic link', '<https://evil.example/>'],
  ['a link upwards', '[x](evidence/../../../secrets.html)'],
  ['an image that calls home', '![x](https://evil.example/pixel.png)'],
  ['a reference to an image', '![x][1]\n\n[1]: https://evil.example/pixel.png'],
  ['a frame, a form, a base', '<iframe src="x"></iframe><form action="x"></form><base href="x">'],
  ['a comment', '<!-- --><script>alert(1)</script>'],
];

function expectNothingRuns(html: string): void {
  const body = html.split('<body>')[1] ?? '';
  for (const [, name, attributes = ''] of body.matchAll(/<([a-zA-Z]+)([^>]*)>/g)) {
    expect(['script', 'img', 'iframe', 'form', 'base', 'object', 'style', 'link', 'meta']).not.toContain(name);
    const links = [...attributes.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
    expect(links.filter((href) => !/^(evidence\/[^.]|investigation\.md|index\.html)/.test(href ?? ''))).toEqual([]);
    expect(attributes).not.toMatch(/\son\w+=|src=/i);
  }
}

test.each(attacks)('STO-2: %s in the words of an agent is text', (_, markdown) => {
  expectNothingRuns(reportHtml(sample, markdown));
});

test.each(attacks)('STO-2, UX-21: %s in any text of a cluster is text', (_, hostile) => {
  const text = `"'>${hostile}\u001b[31m\u202e`;
  const entity = { kind: text, namespace: text, name: text };
  const [cause] = verdictSample().causes;
  const [step] = verdictSample().remediation;
  if (cause === undefined || step === undefined) throw new Error('no cause');
  const line = evidenceSample({ words: text, quote: text });
  const report = reportSample({
    detail: {
      incident: answeredIncident({ title: text, environment: text, statusReason: text }),
      faults: [sampleFault({ context: text, faultType: text, resource: { ...sampleFault().resource, name: text } })],
      runs: [sampleRun({ requestedBy: text })],
    },
    verdict: verdictSample({
      summary: text,
      causes: [{ ...cause, entity, statement: text, wrong_value: text }],
      victims: [entity],
      remediation: [{ ...step, action: text, command: text, undo: text }],
    }),
    findings: {
      evidence: [line, evidenceSample({ words: text, quote: text, field: text, value: text, excerpt: null })],
      changes: [{ at: 0, kind: 'event', object: text, words: text }],
      ruled_out: [text],
      flagged: [{ file: text, quote: text }],
    },
    kept: { now: 1 },
  });
  const html = reportHtml(report, null);
  expectNothingRuns(html);
  expect(html).not.toMatch(/\u001b|\u202e/);
});

test('STO-2: links to files of the same report work', () => {
  const html = reportHtml(sample, '[log](evidence/logs/shop/cart.log) [verdict](verdict.json) [up](#findings)');
  for (const link of ['evidence/logs/shop/cart.log', 'verdict.json', '#findings']) {
    expect(html).toContain(`<a href="${link}">`);
  }
});

test('STO-2: a name that would lead elsewhere is a part of its own path', () => {
  const path = 'evidence/objects/shop/Pod/a b?x#y%2f.json';
  const report = reportSample({ findings: { evidence: [evidenceSample({ file: path })] } });
  const html = reportHtml({ ...report, files: [{ path, bytes: 1 }] }, null);
  expect(html).toContain('href="evidence/objects/shop/Pod/a%20b%3Fx%23y%252f.json"');
});

test('TRI-6: a report that is too long for a page is cut with a link to the whole, in bounded size', () => {
  const table = `a|b\n-|-\n${'a|b\n'.repeat(200_000)}`;
  const html = reportHtml(sample, table);
  expect(html.length).toBeLessThan(table.length * 3);
  expect(html).toContain('The whole report is in <a href="investigation.md">');
  expect(reportHtml(sample, 'short')).not.toContain('Cut here');
});
