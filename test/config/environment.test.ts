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
