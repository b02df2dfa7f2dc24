import { expect, test } from 'vitest';
import { viewOf } from '../../../../src/analyst/questions/view/view.ts';
import { keptIncident } from '../../../support/kept-incident.ts';

test.each(['recordings/001-missing-env', 'recordings/100-taint', 'recordings/013-shared-bad-tag'])(
  'NOT-5: %s: a name that differs in one digit names another object, which is none of the evidence',
  async (recorded) => {
    const kept = await keptIncident(recorded);
    const { analysis } = viewOf(kept, 'why');
    const objects = ['Pod', 'Node', 'ReplicaSet'].flatMap((kind) => analysis?.graph.all(kind) ?? []);
    const names = new Set(objects.map(({ metadata }) => metadata.name));
    const others = [...names]
      .flatMap((name) => [...name.matchAll(/\d/g)].map(({ 0: digit, index }) => replaced(name, index, digit)))
      .filter((name) => !names.has(name));
    expect(others.length).toBeGreaterThan(5);
    for (const name of others.slice(0, 25)) {
      const { named } = viewOf(kept, `is ${name} ok`);
      expect(named).toEqual({ entities: [], containers: [], unknown: [name], doubtful: [], taken: [] });
    }
  },
);

const replaced = (name: string, at: number, digit: string): string =>
  `${name.slice(0, at)}${(Number(digit) + 1) % 10}${name.slice(at + 1)}`;

test('NOT-5: a mistake in typing is forgiven where a name is expected, and told', async () => {
  const kept = await keptIncident('recordings/001-missing-env');
  const of = (question: string): object => viewOf(kept, question).named;
  expect(of('logs of baskte')).toMatchObject({ taken: [{ word: 'baskte', name: 'basket' }] });
  expect(of('logs of the pricin pod')).toMatchObject({ taken: [{ word: 'pricin', name: 'pricing' }] });
  expect(of('is the price right')).toMatchObject({ entities: [], taken: [] });
  expect(of('has anyone basked in the sun')).toMatchObject({ entities: [], taken: [] });
});
