import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HeardQuestion, HeardStep } from '../../../src/domain/question.ts';
import { countedSince, decideHearing, heardQuestion, stepped } from '../../../src/domain/questions/heard-question.ts';
import { startOfTime as start } from '../../support/signals.ts';

const minute = 60_000;
const times = (count: number, at = start) => Array.from({ length: count }, (_, index) => at - index);
const nothing = { open: 0, person: [], incident: [], all: [] };

describe('NOT-5: too much is not taken, and who asks hears when more is', () => {
  test.each([
    ['nothing before it', {}, null],
    ['nine of the incident', { incident: times(9) }, null],
    ['ten of the incident', { incident: times(10) }, 10],
    ['ten of the incident, the first of them eight minutes ago', { incident: times(10, start - 8 * minute) }, 2],
    ['twenty of the person', { person: times(20), incident: times(3) }, 10],
    ['sixty of all', { all: times(60) }, 10],
    ['fifty that wait', { open: 50 }, 1],
  ])('%s', (_name, facts, minutes) => {
    const hearing = decideHearing({ ...nothing, ...facts }, start);
    expect(hearing.kind === 'refused' ? Math.ceil(hearing.againMs / minute) : null).toBe(minutes);
  });

  test('a question that is told to wait is taken after that time', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9 * minute), { minLength: 10, maxLength: 30 }), (ages) => {
        const incident = ages.sort((a, b) => a - b).map((age) => start - age);
        const hearing = decideHearing({ ...nothing, incident }, start);
        if (hearing.kind !== 'refused') throw new Error('ten are within the time');
        const later = start + hearing.againMs;
        const still = incident.filter((at) => at > countedSince(later));
        expect(decideHearing({ ...nothing, incident: still }, later)).toEqual({ kind: 'heard' });
      }),
    );
  });
});

const heard = heardQuestion(
  {
    id: 'said:C1:1.1',
    place: { channel: 'C1', ts: '1.1', threadTs: null },
    incidentId: 'inc_1',
    userId: 'U1',
    text: 'why?',
    askedAt: start,
  },
  start,
);
const reply = { kind: 'reply', reply: { kind: 'elsewhere', why: '' } } as const;
const begin = (processId: string): HeardStep => ({ kind: 'begin', processId });
const wait: HeardStep = { kind: 'wait', until: 7, uncertain: false };
const after = (...steps: readonly HeardStep[]): HeardQuestion => steps.reduce(stepped, heard);

describe('NOT-3: a question that was heard goes one way, whenever its process ends', () => {
  test.each<[string, readonly HeardStep[], Partial<HeardQuestion>]>([
    ['begun by another process was cut off', [begin('p1'), begin('p2'), begin('p3')], { cutOffs: 2, workedBy: 'p3' }],
    ['begun anew by the same process was not', [begin('p1'), begin('p1'), begin('p1')], { cutOffs: 0 }],
    ['told to wait is not cut off by what follows', [begin('p1'), wait, begin('p2')], { cutOffs: 0 }],
    ['told to wait has been cut off as often as before', [begin('p1'), begin('p2'), wait], { cutOffs: 1 }],
    ['counts its waits, and those of its reply anew', [wait, wait, reply, wait, { kind: 'send' }, wait], { waits: 2 }],
    ['sent may have arrived', [reply, { kind: 'send' }], { uncertain: true }],
    [
      'sent and refused has not',
      [reply, { kind: 'send' }, { kind: 'wait', until: 7, uncertain: false }],
      { uncertain: false, notBefore: 7 },
    ],
    ['brought', [begin('p1'), reply, { kind: 'send' }, { kind: 'end', end: 'answered' }], { end: 'answered' }],
  ])('%s', (_name, steps, expected) => {
    expect(after(...steps)).toMatchObject(expected);
  });

  test.each<[string, readonly HeardStep[]]>([
    ['a second answer', [reply, reply]],
    ['what is not known yet is not sent', [{ kind: 'send' }]],
    ['an answer that is there is not worked out again', [reply, begin('p1')]],
    ['nothing follows the end', [reply, { kind: 'end', end: 'failed' }, { kind: 'send' }]],
  ])('%s is refused', (_name, steps) => {
    expect(() => after(...steps)).toThrow(heard.id);
  });
});
