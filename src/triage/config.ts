import { z } from 'zod';
import { duration, size } from '../lib/quantity.ts';

export const agentSchema = z.strictObject({
  cli: z.enum(['builtin', 'claude', 'codex', 'gemini', 'goose', 'custom']).default('builtin'),
  command: z.array(z.string()).default([]).describe('The command of `cli: custom`.'),
  model: z.string().optional(),
  runner: z.enum(['auto', 'docker', 'process']).default('auto'),
  image: z.string().default('nightcrier-agent:latest'),
  network: z.string().default('bridge'),
  script: z.string().optional().describe('run-agent.sh; the packaged one by default.'),
  timeout: duration('10m'),
  max_concurrent: z.int().min(1).max(256).default(4),
  max_concurrent_per_cluster: z.int().min(1).max(64).default(1),
  limits: z
    .strictObject({ memory: size('2Gi'), cpus: z.number().positive().default(2), pids: z.int().min(16).default(512) })
    .prefault({}),
  env: z.record(z.string(), z.string()).default({}),
});
export type AgentConfig = z.infer<typeof agentSchema>;

export const circuitBreakerSchema = z.strictObject({
  failures: z.int().min(1).default(3),
  cool_down: duration('5m'),
  notify: z.boolean().default(true),
});
export type CircuitBreakerConfig = z.infer<typeof circuitBreakerSchema>;
