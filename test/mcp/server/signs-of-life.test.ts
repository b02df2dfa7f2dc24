import { expect, test } from 'vitest';
import { withSignsOfLife } from '../../../src/mcp/server/signs-of-life.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('MCP-9: who waits hears every two seconds; after the end nobody does, whatever the tool still says', async () => {
  const clock = new ManualClock();
  const said: string[] = [];
  const heard = withSignsOfLife('look', (message) => void said.push(message), clock);
  await clock.advance(2000);
  heard.progress('half');
  await clock.advance(1999);
  expect(said).toEqual(['look goes on, 2 s so far', 'half']);
  await clock.advance(1);
  expect(said.at(-1)).toBe('look goes on, 4 s so far');
  heard.end();
  heard.progress('late');
  await clock.advance(60_000);
  expect(said).toHaveLength(3);
  expect(clock.timers).toBe(0);
});
