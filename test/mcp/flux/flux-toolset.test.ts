import { expect, test } from 'vitest';
import { z } from 'zod';
import { fluxInMemory, fluxTools } from '../../support/flux.ts';

const tools = fluxTools(fluxInMemory());

test('the reading tools, and none that changes anything', () => {
  expect(tools.map(({ name }) => name)).toEqual([
    'list_flux_kustomizations',
    'list_flux_sources',
    'list_flux_helm_releases',
    'diagnose_flux_issues',
    'get_flux_tree',
    'get_kustomization_events',
    'get_flux_logs',
  ]);
});

test.each(tools.map((tool) => [tool.name, tool] as const))('%s has both schemas as JSON Schema', (_, tool) => {
  const input = z.toJSONSchema(tool.input, { io: 'input' });
  expect(input).toMatchObject({ type: 'object', additionalProperties: false });
  const properties = Object.entries(input.properties ?? {}) as [string, { description?: string }][];
  expect(properties.filter(([, { description }]) => !description).map(([name]) => name)).toEqual([]);
  expect(z.toJSONSchema(tool.output, { io: 'output' })).toMatchObject({ type: 'object' });
  expect(tool).toMatchObject({ toolset: 'flux', foreign: true });
  expect(() => tool.input.parse({ name: 'a', nothing: 1 })).toThrow(/nothing/);
});
