import { expect, test } from 'vitest';
import { agentOwner } from '../../src/app/agents.ts';

test('TRI-3: agents in containers are never root', () => {
  expect(agentOwner(0)).toEqual({ uid: 1000, gid: 1000 });
  expect(agentOwner(1001)).toBeNull();
  expect(agentOwner(undefined)).toBeNull();
});
