import { describe, expect, test } from 'vitest';
import { authMistakes, effectiveServer, mcpServerSchema } from '../../src/mcp/config.ts';

describe('MCP-12: who may call', () => {
  const key = { name: 'ann', sha256: '0'.repeat(64) };

  test.each([
    ['nothing is said', undefined, { host: '0.0.0.0' }, 0],
    ['none on loopback', {}, {}, 0],
    ['none on ::1', { auth: { mode: 'none' } }, { host: '::1' }, 0],
    ['none beyond loopback', {}, { host: '0.0.0.0' }, 1],
    ['none beyond loopback, by a name', { auth: {} }, { host: 'node-1' }, 1],
    ['none beyond loopback with health.token', {}, { host: '0.0.0.0', token: 'x' }, 0],
    ['none without a server', {}, { host: '0.0.0.0', port: 0 }, 0],
    ['keys without a key', { auth: { mode: 'keys' } }, { host: '0.0.0.0' }, 1],
    ['keys', { auth: { mode: 'keys', keys: [key] } }, { host: '0.0.0.0' }, 0],
    ['oauth without its server', { auth: { mode: 'oauth' } }, {}, 1],
  ])('%s', (_title, server, health, mistakes) => {
    expect(authMistakes(server, health)).toHaveLength(mistakes);
  });

  test('without the key it is served where only this machine, or who has the token, can call', () => {
    expect(effectiveServer(undefined, { host: '127.0.0.1' })?.toolsets).toContain('kubernetes');
    expect(effectiveServer(undefined, { host: '0.0.0.0', token: 'x' })).not.toBeNull();
    expect(effectiveServer(undefined, { host: '0.0.0.0' })).toBeNull();
    // One object, which the limits of callers are kept by.
    expect(effectiveServer(undefined, { host: '::1' })).toBe(effectiveServer(undefined, { host: '127.0.0.1' }));
    const server = mcpServerSchema.parse({ toolsets: ['core'] });
    expect(effectiveServer(server, { host: 'localhost' })).toBe(server);
    // Whatever was checked of the file: what runs may listen elsewhere than it says (a reload, --health-port auto).
    expect(effectiveServer(server, { host: '0.0.0.0' })).toBeNull();
    const asks = mcpServerSchema.parse({ auth: { mode: 'keys', keys: [key] } });
    expect(effectiveServer(asks, { host: '0.0.0.0' })).toBe(asks);
  });

  test('rates are texts', () => {
    const { rate_limit } = mcpServerSchema.parse({ rate_limit: { reads: '10/s', logs: '5/h' } });
    expect(rate_limit).toEqual({
      reads: { count: 10, perMs: 1000 },
      logs: { count: 5, perMs: 3_600_000 },
      concurrent: 8,
    });
    expect(mcpServerSchema.safeParse({ rate_limit: { reads: '0/s' } }).success).toBe(false);
    expect(mcpServerSchema.safeParse({ rate_limit: { reads: 10 } }).success).toBe(false);
  });
});
