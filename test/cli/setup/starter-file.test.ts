import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { starterText } from '../../../src/cli/setup/starter-file.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
const cluster = { name: 'a', kubeconfig: '/k', context: 'c', endpoint: null };

test('UX-4: the form of each kind of cluster', () => {
  const text = (one: Partial<typeof cluster> | object) =>
    starterText({ clusters: [{ ...cluster, ...one }], slackChannel: null }, root);
  expect(text({})).toBe(
    '# yaml-language-server: $schema=./schema/nightcrier.schema.json\nclusters:\n  - name: a\n    watch:\n' +
      '      kubeconfig: /k\n      context: c\n',
  );
  expect(text({ endpoint: 'http://h/mcp' }).split('\n').slice(3, 8)).toEqual([
    '    mcp:',
    '      endpoint: http://h/mcp',
    '    triage:',
    '      kubeconfig: /k',
    '      context: c',
  ]);
  expect(text({ kubeconfig: null, context: null })).toContain('triage: {enabled: false}');
});

test('UX-4: whatever a context is called, the file says that and nothing else; a reference stays a text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (context, kubeconfig) => {
      const text = starterText(
        { clusters: [{ ...cluster, context, kubeconfig }], slackChannel: context },
        '/elsewhere',
      );
      const literal = (value: string): string => value.replaceAll('${', () => '$${');
      expect(parse(text)).toEqual({
        clusters: [{ name: 'a', watch: { kubeconfig: literal(kubeconfig), context: literal(context) } }],
        notify: { slack: { bot_token: '${SLACK_BOT_TOKEN}', channel: literal(context) } },
      });
    }),
    {
      examples: [
        ['${HOME}', 'a: b'],
        ['null', '~'],
        ["it's # x", '1e3'],
        ['a\nadmin: true', '- x'],
      ],
    },
  );
});

test('UX-4: the schema is named so that an editor finds it: beside the file by its relative path, else by its own', () => {
  const first = (dir: string) => starterText({ clusters: [cluster], slackChannel: null }, dir).split('\n')[0];
  expect(first(path.join(root, 'configs'))).toBe('# yaml-language-server: $schema=../schema/nightcrier.schema.json');
  expect(first('/somewhere/else')).toBe(`# yaml-language-server: $schema=${root}/schema/nightcrier.schema.json`);
});
