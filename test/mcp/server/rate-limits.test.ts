import { describe, expect, test } from 'vitest';
import { mcpServerSchema } from '../../../src/mcp/config.ts';
import { RateLimits } from '../../../src/mcp/server/rate-limits.ts';
import { ToolError } from '../../../src/mcp/tool-error.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const settingsOf = (limits: object) => mcpServerSchema.parse({ rate_limit: limits }).rate_limit;

function limited(work: () => unknown): ToolError {
  try {
    work();
  } catch (error) {
    if (error instanceof ToolError) return error;
    throw error;
  }
  throw new Error('it was let through');
}

describe('rate limits', () => {
  test('MCP-13: over the rate it says when to come again; others are let through', async () => {
    const clock = new ManualClock();
    const settings = settingsOf({ reads: '3/m', concurrent: 100 });
    const limits = new RateLimits(() => settings, clock);
    for (let n = 0; n < 3; n += 1) limits.begin('ann', 'reads')();
    expect(limited(() => limits.begin('ann', 'reads'))).toMatchObject({
      code: 'rate_limited',
      retryAfterS: 20,
      retryable: true,
    });
    limits.begin('bo', 'reads')();
    limits.begin('ann', 'logs')();
    await clock.advance(19_999);
    expect(limited(() => limits.begin('ann', 'reads')).retryAfterS).toBe(1);
    await clock.advance(1);
    limits.begin('ann', 'reads')();
  });

  test('MCP-13: so many at the same time', () => {
    const settings = settingsOf({ concurrent: 2 });
    const limits = new RateLimits(() => settings, new ManualClock());
    const ends = [limits.begin('ann', 'reads'), limits.begin('ann', 'logs')];
    expect(limited(() => limits.begin('ann', 'reads')).message).toBe('2 calls of yours are running');
    limits.begin('bo', 'reads')();
    ends[0]?.();
    limits.begin('ann', 'reads')();
  });

  test('the same limits again change nothing', () => {
    const limits = new RateLimits(() => settingsOf({ reads: '1/h', concurrent: 1 }), new ManualClock());
    const end = limits.begin('ann', 'reads');
    expect(limited(() => limits.begin('ann', 'logs')).message).toBe('1 calls of yours are running');
    end();
    expect(limited(() => limits.begin('ann', 'reads')).code).toBe('rate_limited');
  });

  test('what runs counts on under other limits', () => {
    let settings = settingsOf({ concurrent: 1 });
    const limits = new RateLimits(() => settings, new ManualClock());
    const end = limits.begin('ann', 'reads');
    settings = settingsOf({ concurrent: 1, reads: '5/s' });
    expect(limited(() => limits.begin('ann', 'reads')).code).toBe('rate_limited');
    end();
    limits.begin('ann', 'reads');
  });

  test('other limits hold at once', () => {
    let settings = settingsOf({ reads: '1/h' });
    const limits = new RateLimits(() => settings, new ManualClock());
    limits.begin('ann', 'reads')();
    expect(limited(() => limits.begin('ann', 'reads')).code).toBe('rate_limited');
    settings = settingsOf({ reads: '2/h' });
    limits.begin('ann', 'reads')();
  });

  test('who has called least lately is forgotten, when there are very many', () => {
    const settings = settingsOf({ reads: '1/h' });
    const limits = new RateLimits(() => settings, new ManualClock());
    limits.begin('ann', 'reads')();
    limits.begin('bo', 'reads')();
    for (let n = 0; n < 9999; n += 1) limits.begin(`guest-${n}`, 'reads')();
    expect(limited(() => limits.begin('bo', 'reads')).code).toBe('rate_limited');
    limits.begin('ann', 'reads')();
  });
});
