import { expect, test } from 'vitest';
import { ownCommand } from '../../src/config/environment.ts';

test.each([
  [{}, 'nightcrier'],
  [{ npm_lifecycle_event: 'demo' }, 'npm run nightcrier --'],
  [{ npm_lifecycle_event: 'nightcrier' }, 'npm run nightcrier --'],
  [{ npm_lifecycle_event: 'npx' }, 'npx nightcrier'],
])('UX-2: the next command is one that works where the first one was typed: %o', (env, command) => {
  expect(ownCommand(env)).toBe(command);
});
