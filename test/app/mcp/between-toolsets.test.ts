import { expect, test } from 'vitest';
import { z } from 'zod';
import { diagnosisOf, openIncidents } from '../../../src/app/mcp/between-toolsets.ts';
import { define } from '../../../src/mcp/tool.ts';
import { toolCall } from '../../support/call-tool.ts';

test('incidents that have not ended, of every status, the newest first', async () => {
  const asked: unknown[] = [];
  const found = await openIncidents(
    {
      incidents: async (query) => {
        asked.push(query);
        const incident = {
          id: `inc-${query.status}`,
          title: 't',
          status: query.status,
          severity: 'critical',
          openedAt: query.status === 'queued' ? 2 : 1,
          more: 'x',
        };
        return {
          items: query.status === 'open' || query.status === 'queued' ? [{ incident } as never] : [],
          next: null,
        };
      },
    },
    'east',
  );
  expect(found).toEqual([
    { id: 'inc-queued', title: 't', status: 'queued', severity: 'critical' },
    { id: 'inc-open', title: 't', status: 'open', severity: 'critical' },
  ]);
  expect(asked).toContainEqual({ cluster: 'east', status: 'reported', limit: 50 });
  expect(asked).not.toContainEqual(expect.objectContaining({ status: 'resolved' }));
});

test('the diagnosis of a cluster as that of Palette takes it', async () => {
  const object = { kind: 'Deployment', namespace: 'shop', name: 'cart' };
  const issue = {
    severity: 'critical',
    category: 'workload',
    resource: object,
    owner: object,
    message: 'm',
    evidence: ['e'],
    recommendation: 'r',
  };
  const node = { ...issue, resource: { kind: 'Node', name: 'n1' }, owner: { kind: 'Node', name: 'n1' } };
  const tool = define({
    name: 'diagnose_cluster',
    toolset: 'kubernetes',
    title: '',
    description: '',
    input: z.strictObject({ cluster: z.string() }),
    output: z.object({ score: z.int(), issues: z.array(z.unknown()), not_checked: z.array(z.string()) }),
    run: async ({ cluster }) => ({ score: 50, issues: [issue, node], not_checked: [cluster] }),
  });
  expect(await diagnosisOf({ toolset: 'kubernetes', tools: [tool] }, 'east', toolCall())).toEqual({
    score: 50,
    not_checked: ['east'],
    issues: [
      { severity: 'critical', resource: 'Deployment shop/cart', message: 'm', recommendation: 'r' },
      { severity: 'critical', resource: 'Node n1', message: 'm', recommendation: 'r' },
    ],
  });
  expect(await diagnosisOf({ toolset: 'kubernetes', tools: [] }, 'east', toolCall())).toBeNull();
});
