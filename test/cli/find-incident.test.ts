import { describe, expect, test } from 'vitest';
import { findIncident } from '../../src/cli/find-incident.ts';
import { answeredIncident } from '../support/incident-samples.ts';
import { cli } from '../support/cli-run.ts';
import { MemoryReader } from '../support/memory-reader.ts';

/** Finds in a state with these incidents: the id, or what is said. */
function finder(...ids: string[]) {
  const reader = new MemoryReader();
  reader.details = ids.map((id) => ({ incident: answeredIncident({ id }), faults: [], runs: [] }));
  return async (part: string, cluster?: string): Promise<string> => {
    try {
      return (await findIncident(reader, part, cluster)).incident.id;
    } catch (error) {
      return (error as Error).message;
    }
  };
}

describe('an incident by its id or a part of it', () => {
  const find = finder('inc_01AAAABBBB', 'inc_01AAAACCCC', 'inc_01AAAAMCYX');

  test('OPS-4: a part of four characters is enough, in any case, wherever it stands', async () => {
    expect(await find('inc_01AAAABBBB')).toBe('inc_01AAAABBBB');
    expect(await find('bbbb')).toBe('inc_01AAAABBBB');
    expect(await find('AMCY')).toBe('inc_01AAAAMCYX');
  });

  test.each(['MCY', 'X', '', 'nop'])('OPS-4: of a shorter part nothing untrue is said: "%s"', async (part) => {
    expect(await find(part)).toBe(`"${part}" is too short for a part of an id: write at least 4 characters of it`);
  });

  test('OPS-4: an id that is short itself is found', async () => {
    expect(await finder('x')('x')).toBe('x');
  });

  test('OPS-4: when several fit, some are named', async () => {
    expect(await find('aaaa')).toBe('3 incidents fit "aaaa": inc_01AAAABBBB, inc_01AAAACCCC, inc_01AAAAMCYX');
    const many = finder(...Array.from({ length: 9 }, (_, at) => `inc_same${at}`));
    expect(await many('same')).toMatch(/^9 incidents fit "same": inc_same0, .*inc_same4 and 4 more$/);
    expect(await find('zzzz')).toBe('there is no incident "zzzz"');
  });

  test('OPS-4: one of another cluster than the one that is named is none', async () => {
    expect(await find('bbbb', 'prod-eu')).toBe('inc_01AAAABBBB');
    expect(await find('bbbb', 'other')).toBe('inc_01AAAABBBB is an incident of prod-eu, not of other');
  });
});

test('OPS-4: help of each command that takes an incident says how short a part may be', async () => {
  for (const command of ['show', 'report', 'ask', 'ack', 'resolve', 'rerun', 'tail', 'feedback']) {
    const { out } = await cli([command, '--help'], { cwd: '/' });
    expect(`${command} ${out.replace(/\s+/g, ' ')}`).toContain('a part of at least 4 characters');
  }
});
