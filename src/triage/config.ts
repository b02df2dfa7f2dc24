import { z } from 'zod';
import { duration, optionalDuration, size } from '../lib/quantity.ts';

const agentCli = z.enum(['builtin', 'claude', 'codex', 'gemini', 'goose', 'custom']);
const maxConcurrent = z.int().min(1).max(256);

export const agentSchema = z
  .strictObject({
    cli: agentCli.default('builtin').describe('Who investigates; builtin needs no model and no key.'),
    command: z.array(z.string()).default([]).describe('The command of `cli: custom`, program first.'),
    model: z.string().optional().describe('Model of the agent, as its command line names it.'),
    runner: z.enum(['auto', 'docker', 'process']).default('auto').describe('How agents are started.'),
    image: z.string().default('nightcrier-agent:latest').describe('Container image of the agents.'),
    network: z.string().default('bridge').describe('Docker network of the container.'),
    script: z.string().optional().describe('run-agent.sh; the packaged one by default.'),
    timeout: duration('10m').describe('Limit of one run.'),
    max_concurrent: maxConcurrent.default(4).describe('Runs at the same time, over all clusters.'),
    max_concurrent_per_cluster: z.int().min(1).max(64).default(1).describe('Runs at the same time in one cluster.'),
    limits: z
      .strictObject({
        memory: size('2Gi').describe('Memory of the container.'),
        cpus: z.number().positive().default(2).describe('Processors of the container.'),
        pids: z.int().min(16).default(512).describe('Processes in the container.'),
      })
      .prefault({})
      .describe('Limits of an agent container.'),
    env: z
      .record(z.string(), z.string())
      .default({})
      .describe('Environment of the agent, by name.')
      .meta({ writeOnly: true }),
  })
  .describe('The agent that investigates incidents.');
export type AgentConfig = z.infer<typeof agentSchema>;

/** The agent settings that one cluster can change. None has a default: what is not set is the fleet's. */
export const agentOverridesSchema = z
  .strictObject({
    cli: agentCli.optional().describe('Agent of this cluster.'),
    model: z.string().optional().describe('Model of this cluster.'),
    timeout: optionalDuration().describe('Limit of one run in this cluster.'),
    max_concurrent: maxConcurrent.optional().describe('Runs at the same time in this cluster.'),
  })
  .describe('Agent settings of this cluster.');

export const circuitBreakerSchema = z
  .strictObject({
    failures: z.int().min(1).default(3).describe('Failures in a row that open the breaker.'),
    cool_down: duration('5m').describe('How long it stays open before a probe.'),
    notify: z.boolean().default(true).describe('Tell when it opens and closes.'),
  })
  .describe('Stops asking an agent that keeps failing.');
