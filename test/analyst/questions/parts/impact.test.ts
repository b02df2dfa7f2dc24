import { expect, test } from 'vitest';
import { answerQuestion } from '../../../../src/analyst/questions/answer-question.ts';
import { keptIncident } from '../../../support/kept-incident.ts';

const counts = '1 of 1 pod of Deployment shop/checkout is ready';

test.each(['does it still serve?', 'is Deployment checkout still serving users?', 'is checkout serving?'])(
  'NOT-5, QUA-4: of what an alert measures a question by name claims no more than one without: %s',
  async (text) => {
    const kept = await keptIncident('recordings/001-missing-env');
    const answerTo = (faultType: string): string => {
      const faults = kept.detail.faults.map((fault) => ({ ...fault, faultType, sources: ['webhook'] as const }));
      return answerQuestion({ kept: { ...kept, detail: { ...kept.detail, faults } }, text }).text;
    };
    expect(answerTo('HighErrorRate')).toContain(counts);
    expect(answerTo('HighErrorRate')).not.toContain('Still serves');
    expect(answerTo('CrashLoop')).toContain(`Still serves: ${counts}`);
  },
);
