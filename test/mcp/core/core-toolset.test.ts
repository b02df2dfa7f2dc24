import { describe, expect, test } from 'vitest';
import { coreToolset, type CoreToolsetDeps } from '../../../src/mcp/core/core-toolset.ts';
import { callTool } from '../../support/call-tool.ts';
import { sampleStatus } from '../../support/health-fixture.ts';
import { knownClusters } from '../../support/known-clusters.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const lost = { code: 'NC-CLUSTER-001', message: 'connection refused', fix: 'look' };
const clusters = knownClusters({
  eu: sampleStatus({ cluster: 'eu' }),
  us: sampleStatus({ cluster: 'us', state: 'failed', error: lost }),
  offline: null,
});

function core(over: Partial<CoreToolsetDeps> = {}) {
  const clock = new ManualClock(Date.UTC(2026, 6, 1, 22, 30, 15, 250));
  const deps: CoreToolsetDeps = {
    version: '1.2.3',
    toolsets: () => ['core', 'workflows'],
    clusters,
    demo: () => ({ clusters: false, palette: true }),
    echo: false,
    clock,
    ...over,
  };
  return { clock, tools: coreToolset(deps).tools };
}

describe('health_check', () => {
  test('says version, uptime, toolsets, what is simulated, and which clusters are not up and why', async () => {
    const { clock, tools } = core();
    await clock.advance(90_500);
    expect(await callTool(tools, 'health_check')).toEqual({
      status: 'degraded',
      uptime_s: 90,
      version: '1.2.3',
      toolsets: ['core', 'workflows'],
      clusters: {
        total: 3,
        up: 1,
        down: 1,
        unknown: 1,
        not_up: [{ name: 'us', state: 'failed', error: 'connection refused' }],
      },
      demo: { clusters: false, palette: true },
    });
  });

  test('tells who may see one cluster of that one alone', async () => {
    const { tools } = core();
    const result = await callTool(tools, 'health_check', {}, { onlyCluster: 'eu' });
    expect(result).toMatchObject({ status: 'ok', clusters: { total: 1, up: 1, down: 0, not_up: [] } });
    expect(JSON.stringify(result)).not.toMatch(/"us"|refused|offline/);
  });

  test('is well where no connections are kept: nothing is known to be down', async () => {
    const { tools } = core({ clusters: knownClusters({ eu: null }) });
    expect(await callTool(tools, 'health_check')).toMatchObject({ status: 'ok', clusters: { up: 0, unknown: 1 } });
  });
});

describe('get_time', () => {
  test.each([
    [undefined, '2026-07-01T22:30:15Z'],
    ['UTC', '2026-07-01T22:30:15Z'],
    ['Europe/Berlin', '2026-07-02T00:30:15+02:00'],
    ['America/St_Johns', '2026-07-01T20:00:15-02:30'],
    ['Asia/Kolkata', '2026-07-02T04:00:15+05:30'],
    ['Pacific/Kiritimati', '2026-07-02T12:30:15+14:00'],
    ['-11:00', '2026-07-01T11:30:15-11:00'],
  ])('gives the local time of %s with its offset', async (timezone, iso) => {
    const { tools } = core();
    const result = await callTool(tools, 'get_time', timezone === undefined ? {} : { timezone });
    expect(result).toEqual({ iso, unix: 1_782_945_015, timezone: timezone ?? 'UTC' });
    expect(Date.parse(iso) / 1000).toBe(result['unix']);
  });

  test('knows summer and winter', async () => {
    const { tools } = core({ clock: new ManualClock(Date.UTC(2026, 0, 1)) });
    expect(await callTool(tools, 'get_time', { timezone: 'Europe/Berlin' })).toMatchObject({
      iso: '2026-01-01T01:00:00+01:00',
    });
  });

  test('refuses a zone that is none, names it and the nearest one', async () => {
    const { tools } = core();
    await expect(callTool(tools, 'get_time', { timezone: 'Europe/Berln' })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: 'there is no time zone "Europe/Berln"',
      fix: { steps: [expect.stringContaining('Europe/Berlin')] },
    });
  });
});

describe('echo', () => {
  test('is off unless it is asked for', () => {
    expect(core().tools.map(({ name }) => name)).toEqual(['health_check', 'get_time']);
    expect(core({ echo: true }).tools.map(({ name }) => name)).toContain('echo');
  });

  test('gives the same text, of at most 4 KiB', async () => {
    const { tools } = core({ echo: true });
    const message = 'ä'.repeat(2048);
    expect(await callTool(tools, 'echo', { message })).toEqual({ message });
    await expect(callTool(tools, 'echo', { message: `${message}a` })).rejects.toThrow('at most 4096 bytes');
  });
});

test('an argument that no tool knows is refused by its name', () => {
  const { tools } = core({ echo: true });
  const answers = tools.map((tool) => tool.input.safeParse({ message: 'x', zone: 'UTC' }).error?.message);
  expect(answers).toEqual(tools.map(() => expect.stringContaining('zone')));
});
