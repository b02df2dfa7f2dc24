import { expect, test } from 'vitest';
import { namedState } from '../../../../src/analyst/questions/parts/named-state.ts';
import { viewOf } from '../../../../src/analyst/questions/view/view.ts';
import { keptIncident } from '../../../support/kept-incident.ts';

const stateOf = async (recorded: string, question: string): Promise<string> =>
  namedState(viewOf(await keptIncident(recorded), question)).lines.join('\n');

test('NOT-5: each named object is told by what there is of it: a node, what runs, and what only has a status', async () => {
  const text = await stateOf('recordings/001-missing-env', 'is worker-01 ok, and pricing');
  expect(text).toContain('Node worker-01: Ready is True');
  expect(text).toContain('2 of 2 pods of Deployment shop/pricing are ready');
  expect(text).toContain('Service shop/pricing: it has 2 ready endpoints');
  expect(text).toContain('The incident is about Deployment shop/checkout, not about Node worker-01');
  expect(text).toContain('describe node/worker-01');
});

test('NOT-5: an object whose status tells nothing is told so only where it is all that is asked', async () => {
  expect(await stateOf('public/a05-redis-old-password', 'is redis down')).not.toContain('tells nothing');
  expect(await stateOf('recordings/067-target-port', 'is the service books up')).toContain('its status tells nothing');
});

test('NOT-5: of an object that the cause is about, the cause is told', async () => {
  const text = await stateOf('recordings/067-target-port', 'is books healthy');
  expect(text).toContain('2 of 2 pods of Deployment library/books are ready');
  expect(text).toContain('The cause speaks of it: targetPort of Service books is 9090');
  expect(text).not.toContain('not about');
});
