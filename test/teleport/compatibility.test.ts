import { describe, expect, test } from 'vitest';
import { compatibility, majorOf } from '../../src/teleport/compatibility.ts';

describe('TEL-5: a proxy serves its own major version and the one before', () => {
  test.each([
    { client: '15.5.0', compatible: false, old: false, rule: /too old/ },
    { client: '16.0.0', compatible: true, old: true, rule: /one major version behind/ },
    { client: '17.4.8', compatible: true, old: false, rule: /has the major version/ },
    { client: '17.9.9', compatible: true, old: false, rule: /has the major version/ },
    { client: '18.0.0', compatible: false, old: false, rule: /newer than the proxy/ },
  ])('tsh $client at a proxy 17.4.8', ({ client, compatible, old, rule }) => {
    const found = compatibility({ client, server: '17.4.8', minClient: null });
    expect(found).toMatchObject({ compatible, old });
    expect(found?.rule).toMatch(rule);
  });

  test.each([
    ['16.4.0', '16.0.0', true],
    ['16.4.0', '16.4.0', true],
    ['16.4.0', '16.4.1', false],
    ['17.0.0', '17.0.0', true],
    ['17.0.0-alpha.1', '17.0.0', true],
    ['16.9.9', '17.0.0', false],
    // A minimum that asks for less than the rule changes nothing.
    ['15.5.0', '15.0.0', false],
    ['18.0.0', '16.0.0', false],
  ])('tsh %s where at least %s is asked for: %s', (client, minClient, compatible) => {
    expect(compatibility({ client, server: '17.4.8', minClient })?.compatible).toBe(compatible);
  });

  test.each(['', 'unknown', '17.x'])('a version that is none, %j, says nothing', (version) => {
    expect(compatibility({ client: version, server: '17.4.8', minClient: null })).toBeNull();
    expect(compatibility({ client: '17.0.0', server: version, minClient: null })).toBeNull();
  });

  test('the major version', () => {
    expect(['v17.4.8-dev', '17', 'x'].map(majorOf)).toEqual([17, 17, null]);
  });
});
