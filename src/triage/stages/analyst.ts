import { analystRequest } from '../../domain/decide/analyst-request.ts';
import type { Analyst } from '../../domain/ports.ts';
import type { Stage } from './run-context.ts';

const nothing = { files: [], missing: ['no evidence was collected'], apiCalls: 0 };

/** The built-in analyst, always: its answer is the fallback, and where an agent starts. */
export function analystStage(analyst: Analyst): Stage {
  return {
    name: 'analyst',
    async run(context) {
      const { incident, faults } = context.claim;
      const request = analystRequest(incident, faults, context.cluster?.kubectl ?? []);
      const builtin = await analyst.analyse(request, context.evidence ?? nothing);
      const { verdict } = builtin;
      context.events.add('analysed', { causes: verdict.causes.length, summary: verdict.summary });
      return { ...context, builtin };
    },
  };
}
