import { expect, test } from 'vitest';
import { since, state, who } from '../../../../src/analyst/questions/parts/standing.ts';
import { viewOf } from '../../../../src/analyst/questions/view/view.ts';
import { answeredIncident, sampleTime } from '../../../support/incident-samples.ts';

test('NOT-5, INT-6: how an incident ended is told with what a person said who called it over', () => {
  const incident = answeredIncident({ status: 'resolved', statusReason: 'by ana', resolvedAt: sampleTime + 1000 });
  const act = { id: 'a', incidentId: incident.id, kind: 'resolve', by: 'ana', done: true, runId: null } as const;
  const told = (comment: string) => {
    const acts = [{ ...act, at: sampleTime + 1000, comment }];
    const rows = { detail: { incident, faults: [], runs: [], acts }, history: null };
    const nothing = { earlier: [], kubectl: [], verdict: null, files: [], leftOut: 0 };
    const view = viewOf({ ...rows, ...nothing, now: sampleTime + 60_000 }, 'who');
    return [state, since, who].map((part) => part(view).lines.join(' '));
  };
  for (const answer of told('the quota\n> is raised\u001b[2J')) {
    expect(answer).toMatch(/by ana: the quota > is raised\S*/);
    expect(answer).not.toMatch(/[\u001b\n]/);
  }
  for (const answer of told('')) expect(answer).toMatch(/by ana[).]/);
});
