import { describe, expect, test } from 'vitest';
import { blockFor, readCorefile } from '../../../../src/analyst/signals/network/corefile.ts';

const text = `
# everything else
.:53 {
    errors   # to the log
    kubernetes cluster.local {
        pods insecure
    }
    forward . 10.0.0.2 10.0.0.3 {
        max_concurrent 1000
    }
}
dns://corp.example.:5353 internal.example {
    forward . 10.9.9.9
}
`;

describe('QUA-1: a Corefile', () => {
  const blocks = readCorefile(text);
  test('its blocks, zones, plugins and what stands in them', () => {
    expect(blocks.map((it) => it.zones)).toEqual([['.'], ['corp.example', 'internal.example']]);
    expect(blocks[0]?.directives.map((it) => it.name)).toEqual(['errors', 'kubernetes', 'forward']);
    expect(blocks[0]?.directives[1]).toMatchObject({ args: ['cluster.local'], inner: ['pods insecure'] });
    expect(blocks[0]?.directives[2]?.line).toBe('forward . 10.0.0.2 10.0.0.3');
  });
  test.each([
    ['api.ns.svc.cluster.local', '.'],
    ['db.corp.example', 'corp.example'],
    ['internal.example', 'corp.example'],
    ['notcorp.example', '.'],
  ])('%s is answered by the block of %s', (name, zone) => {
    expect(blockFor(blocks, name)?.zones[0]).toBe(zone);
  });
  test.each(['', '}', '{', '}}}\n{', 'a {\nb {\nc {', '#'])('never throws: %j', (broken) => {
    expect(() => blockFor(readCorefile(broken), 'a.b')).not.toThrow();
  });
  test('no block answers', () => expect(blockFor(readCorefile('corp.example {\n}'), 'a.b')).toBeNull());
});
