import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { evaluate } from '../../eval/evaluate.ts';
import { loadRecordings } from '../../eval/recording.ts';
import type { KeptIncident } from '../../src/analyst/questions/view/kept.ts';
import { minute } from './signals.ts';
import { answeredIncident, sampleFault, sampleRun } from './incident-samples.ts';

const sets = fileURLToPath(new URL('../../eval/sets', import.meta.url));

/**
 * What is kept of a recorded state (`recordings/001-missing-env`) two minutes after it was read: the evidence as the
 * collector reads it over HTTP, the answer of the analyst, and the rows of an incident that was told of by a push.
 */
export async function keptIncident(recorded: string, over: Partial<KeptIncident> = {}): Promise<KeptIncident> {
  const [recording] = loadRecordings(path.join(sets, `${recorded}.json.br`));
  if (recording === undefined) throw new Error(`there is no ${recorded}`);
  const { truth } = recording;
  const { evidence, answer, request } = await evaluate(recording);
  const at = Date.parse(truth.recorded_at ?? '') || 0;
  const owner = { ...truth.focus, certain: true };
  const resource = truth.trigger?.resource ?? { apiVersion: '', uid: null, ...truth.focus };
  const began = at - 10 * minute;
  const { summary } = answer;
  const incident = answeredIncident({
    id: 'inc_recorded',
    cluster: 'recorded',
    owner,
    resource,
    title: request.title,
    openedAt: began,
    startedAt: began,
    reportedAt: at,
    cause: answer.verdict.summary,
    confidence: answer.verdict.causes[0]?.confidence ?? null,
  });
  const run = sampleRun({ incidentId: incident.id, createdAt: began, startedAt: began, endedAt: at });
  const faults = truth.trigger
    ? [
        sampleFault({
          cluster: 'recorded',
          faultType: truth.trigger.faultType,
          context: truth.trigger.context,
          container: '',
          resource,
          owner,
          firstSeen: began,
          lastSeen: at,
          lastSweepAt: at,
          count: 3,
          incidentId: incident.id,
        }),
      ]
    : [];
  return {
    detail: { incident, faults, runs: [{ ...run, result: run.result && { ...run.result, summary } }] },
    history: null,
    earlier: [],
    kubectl: ['--context', 'recorded'],
    verdict: answer.verdict,
    files: evidence.files,
    leftOut: 0,
    now: at + 2 * minute,
    ...over,
  };
}
