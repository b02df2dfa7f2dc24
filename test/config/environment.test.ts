import { expect, test } from 'vitest';
import { inOwnWords, ownCommand } from '../../src/config/environment.ts';

test.each([
  [{}, 'nightcrier'],
  [{ npm_lifecycle_event: 'demo' }, 'npm run nightcrier --'],
  [{ npm_lifecycle_event: 'nightcrier' }, 'npm run nightcrier --'],
  [{ npm_lifecycle_event: 'npx' }, 'npx nightcrier'],
])('UX-2: the next command is one that works where the first one was typed: %o', (env, command) => {
  expect(ownCommand(env)).toBe(command);
});

test('UX-2: the next command is given the configuration that this one was given, as a shell takes it', () => {
  expect(ownCommand({ npm_lifecycle_event: 'npx' }, '/tmp/d/nightcrier.yaml')).toBe(
    'npx nightcrier --config /tmp/d/nightcrier.yaml',
  );
  expect(inOwnWords('fix: "nightcrier run"', {}, "it's $1.yaml")).toBe(
    String.raw`fix: "nightcrier --config 'it'\''s $1.yaml' run"`,
  );
  const own = 'nightcrier explain NC-1\nnightcrier init --config OTHER.yaml\nnightcrier demo';
  expect(inOwnWords(own, {}, 'a.yaml')).toBe(own);
  const once = inOwnWords('next: nightcrier show inc_1', {}, 'a.yaml');
  expect([once, inOwnWords(once, {}, 'a.yaml')]).toEqual(Array(2).fill('next: nightcrier --config a.yaml show inc_1'));
});

test('a command of ours is said as it can be typed where the person is, and the program is spoken of as it is', () => {
  const text = [
    'fix: nightcrier init --from-kubeconfig FILE',
    '    fix: run "nightcrier init", or `nightcrier validate`',
    'nightcrier run',
    'the user that runs nightcrier may read it; nightcrier itself listens',
    'next: npm run nightcrier -- show',
  ].join('\n');
  expect(inOwnWords(text, {})).toBe(text);
  const own = inOwnWords(text, { npm_lifecycle_event: 'nightcrier' });
  expect(own.split('\n')).toEqual([
    'fix: npm run nightcrier -- init --from-kubeconfig FILE',
    '    fix: run "npm run nightcrier -- init", or `npm run nightcrier -- validate`',
    'npm run nightcrier -- run',
    'the user that runs nightcrier may read it; nightcrier itself listens',
    'next: npm run nightcrier -- show',
  ]);
  expect(inOwnWords(own, { npm_lifecycle_event: 'nightcrier' })).toBe(own);
});
