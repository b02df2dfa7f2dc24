import { expect, test } from 'vitest';
import { z } from 'zod';
import { incidentsBench } from './incidents-bench.ts';

test('each tool can be shown to clients: JSON Schemas of both sides, and what it changes', async () => {
  const { tools } = await incidentsBench();
  expect(tools.map(({ name, changes }) => [name, changes])).toEqual([
    ['list_incidents', 'nothing'],
    ['get_incident', 'nothing'],
    ['get_incident_report', 'nothing'],
    ['get_incident_evidence', 'nothing'],
    ['why', 'nothing'],
    ['get_clusters_health', 'nothing'],
    ['trigger_triage', 'own'],
  ]);
  for (const tool of tools) {
    const input = z.toJSONSchema(tool.input, { io: 'input', target: 'draft-2020-12' });
    expect(input).toMatchObject({ type: 'object', additionalProperties: false });
    for (const field of Object.values(input.properties ?? {})) expect(field).toHaveProperty('description');
    expect(z.toJSONSchema(tool.output, { io: 'output', target: 'draft-2020-12' })).toMatchObject({ type: 'object' });
  }
});

test('what needs a daemon is offered where there is one', async () => {
  const { tools } = await incidentsBench({ over: { directory: null, manualTriage: null } });
  expect(tools.map(({ name }) => name)).toEqual([
    'list_incidents',
    'get_incident',
    'get_incident_report',
    'get_incident_evidence',
    'why',
  ]);
});
