import { z } from 'zod';
import { parseDuration } from '../lib/format.ts';
import { duration, durationUpTo, optionalDuration, size } from '../lib/quantity.ts';

const agentCli = z.enum(['builtin', 'claude', 'codex', 'gemini', 'goose', 'custom']);
const maxConcurrent = z.int().min(1).max(256);

/** Who asks over HTTP is answered within five minutes: clients wait no longer for the first word. */
const longestAnswerMs = 4 * 60_000;

/** Names of images and networks: none that the engine would take for a flag. */
const image = z.string().regex(/^[A-Za-z0-9][\w.:/@-]*$/, 'a name such as nightcrier-agent:latest');
const network = z
  .string()
  .regex(
    /^(?!host$)[A-Za-z0-9][\w.-]*$/,
    "the name of a network; not `host`, which is no network of the container's own",
  );

const limitsSchema = z
  .strictObject({
    memory: size('2Gi').describe('Memory of the container, with its HOME and /tmp; more ends the agent.'),
    cpus: z.number().min(0.1).max(256).default(2).describe('Processors.'),
    pids: z.int().min(32).max(32_768).default(512).describe('Processes and threads.'),
  })
  .prefault({})
  .describe('What one container may use.');

export const agentSchema = z
  .strictObject({
    cli: agentCli.default('builtin').describe('Who investigates; builtin needs no model and no key.'),
    command: z.array(z.string()).default([]).describe('The command of `cli: custom`, program first.'),
    model: z.string().optional().describe('Model of the agent, as its command line names it.'),
    runner: z
      .enum(['auto', 'docker', 'process'])
      .default('auto')
      .describe('In a locked container or, for development, as a process with the rights of this one; auto: docker.'),
    egress: z
      .enum(['gateway', 'bridge'])
      .default('gateway')
      .describe('What a container reaches: only the gateway of its run, or also `network`.'),
    engine: z
      .string()
      .regex(/^[^-\s]\S*$/, 'a program')
      .default('docker')
      .describe("A program that speaks docker's command line: docker, podman."),
    image: image
      .default('nightcrier-agent:latest')
      .describe('Image of the container; scripts/build-agent-image.sh makes it.'),
    network: network.default('bridge').describe('Network of the container with `egress: bridge`.'),
    limits: limitsSchema,
    script: z.string().optional().describe('run-agent.sh; the packaged one by default.'),
    timeout: duration('10m').describe('Limit of one run.'),
    max_concurrent: maxConcurrent.default(4).describe('Runs at the same time, over all clusters.'),
    max_concurrent_per_cluster: z.int().min(1).max(64).default(1).describe('Runs at the same time in one cluster.'),
    questions: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe('The agent answers what people ask about incidents; false: the rules alone do.'),
        timeout: durationUpTo(longestAnswerMs)
          .default('2m')
          .transform((text) => parseDuration(text) ?? 0)
          .describe('Limit of one answer, at most 4m; then the rules answer.'),
        max_concurrent: maxConcurrent.default(2).describe('Answers at the same time; over it the rules answer.'),
      })
      .prefault({})
      .describe('Questions about an incident, answered by its agent from what is kept of it: docs/questions.md.'),
    env: z
      .record(z.string(), z.string())
      .default({})
      .describe('Environment of the agent, by name; nothing with the name of a secret gets into a container.')
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

const limit = (fallback: number, text: string) => z.number().min(0).default(fallback).describe(text);
const count = (fallback: number, text: string) => z.int().min(0).default(fallback).describe(text);
const ownLimit = (text: string) => z.number().min(0).optional().describe(text);
const ownCount = (text: string) => z.int().min(0).optional().describe(text);

export const budgetSchema = z
  .strictObject({
    usd_per_run: limit(
      2,
      'US dollars of one run. 0 under a limit for the day: a run may spend all that is left, and none starts beside it.',
    ),
    usd_per_day: limit(50, 'US dollars of all agents in a day (UTC); a run belongs to the day on which it started.'),
    usd_per_cluster_day: limit(20, 'US dollars of the agents of one cluster in a day.'),
    tokens_per_run: count(2_000_000, 'Tokens of one run, input and output.'),
    runs_per_hour: count(120, 'Agents that are started for investigations within an hour.'),
    runs_per_cluster_hour: count(20, 'The same in one cluster.'),
    usd_per_question: limit(0.5, 'US dollars of one question. All questions of a day use half of its money at most.'),
    tokens_per_question: count(500_000, 'Tokens of one question, input and output.'),
    questions_per_hour: count(30, 'Questions that agents answer within an hour; more are answered by rules.'),
  })
  .describe('What agents may spend; 0: no limit. Over it the built-in analyst answers, and the message says so.');

/** The limits that one cluster can have for itself. None has a default: what is not set is the fleet's. */
export const budgetOverridesSchema = z
  .strictObject({
    usd_per_run: ownLimit('US dollars of one run in this cluster.'),
    usd_per_cluster_day: ownLimit('US dollars of the agents of this cluster in a day.'),
    tokens_per_run: ownCount('Tokens of one run in this cluster.'),
    runs_per_cluster_hour: ownCount('Agents that are started within an hour in this cluster.'),
  })
  .describe('What the agents of this cluster may spend.');

export const breakerSchema = z
  .strictObject({
    failures: z.int().min(1).max(100).default(3).describe('So many failures of an agent in a row open its breaker.'),
    cool_down: duration('5m').describe('Then one run tries the agent again.'),
    notify: z.boolean().default(true).describe('Tell people when it opens and when the agent works again.'),
  })
  .describe('An agent that fails again and again is not started for a while; the built-in analyst answers.');

export const runbooksSchema = z
  .strictObject({
    paths: z
      .array(z.string())
      .max(100)
      .default([])
      .describe('Markdown files of yours, also with * and **; their front matter says for which incidents they are.'),
  })
  .describe('Runbooks that fit an incident are named in its report and given to the agent: docs/runbooks.md.');
