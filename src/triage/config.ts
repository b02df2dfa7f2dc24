import { z } from 'zod';
import { duration, optionalDuration } from '../lib/quantity.ts';

const agentCli = z.enum(['builtin', 'custom']);
const maxConcurrent = z.int().min(1).max(256);

export const agentSchema = z
  .strictObject({
    cli: agentCli.default('builtin').describe('Who investigates; builtin needs no model and no key.'),
    command: z.array(z.string()).default([]).describe('The command of `cli: custom`, program first.'),
    model: z.string().optional().describe('Model of the agent, as its command line names it.'),
    runner: z.enum(['auto', 'process']).default('auto').describe('How agents are started: as processes.'),
    script: z.string().optional().describe('run-agent.sh; the packaged one by default.'),
    timeout: duration('10m').describe('Limit of one run.'),
    max_concurrent: maxConcurrent.default(4).describe('Runs at the same time, over all clusters.'),
    max_concurrent_per_cluster: z.int().min(1).max(64).default(1).describe('Runs at the same time in one cluster.'),
    env: z
      .record(z.string(), z.string())
      .default({})
      .describe('Environment of the agent, by name.')
      .meta({ writeOnly: true }),
  })
  .describe('The agent that investigates incidents.');

/** The agent settings that one cluster can change. None has a default: what is not set is the fleet's. */
export const agentOverridesSchema = z
  .strictObject({
    cli: agentCli.optional().describe('Agent of this cluster.'),
    model: z.string().optional().describe('Model of this cluster.'),
    timeout: optionalDuration().describe('Limit of one run in this cluster.'),
    max_concurrent: maxConcurrent.optional().describe('Runs at the same time in this cluster.'),
  })
  .describe('Agent settings of this cluster.');
