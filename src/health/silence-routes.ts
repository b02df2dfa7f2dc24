import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { readSilence } from '../domain/silence/asked-silence.ts';
import { fitsSilenceFilter } from '../domain/silence/silence-filter.ts';
import { silenceStates } from '../domain/silence/silences.ts';
import type { NewSilence, SilenceStore } from '../domain/cluster-policy.ts';
import type { Matcher, SilenceWay } from '../domain/fault.ts';
import { cliAgent, silenceJson } from '../domain/wire/silence.ts';
import type { Clock } from '../lib/clock.ts';
import { parseDuration } from '../lib/format.ts';
import { errorText } from '../lib/problem.ts';
import {
  badRequest,
  HttpProblem,
  silenceConfigured,
  silenceRefused,
  silenceUnknown,
  tooManySilences,
} from './errors.ts';
import { cluster, parse, person } from './requests.ts';

export interface SilenceRoutesOptions {
  readonly silences: Pick<SilenceStore, 'addSilence' | 'endSilence' | 'silences'> & {
    /** How many active faults matchers fit. */
    fitting(matchers: readonly Matcher[]): Promise<number>;
  };
  readonly clock: Pick<Clock, 'now'>;
}

/** `/api/silences` (docs/formats.md, HTTP). */
export function silenceRoutes(app: FastifyInstance, { silences, clock }: SilenceRoutesOptions): void {
  app.get('/api/silences', async (request) => {
    const allowed = `state (${silenceStates.join(', ')}), cluster, author, q (words)`;
    const { q: text, ...asked } = parse(listSchema, request.query, allowed);
    const now = clock.now();
    const fitting = (await silences.silences()).filter((one) => fitsSilenceFilter(one, { ...asked, text }, now));
    return { silences: fitting.map((silence) => silenceJson(silence, now)) };
  });

  app.post('/api/silences', async (request, reply) => {
    const now = clock.now();
    const asked = newSilence(parse(newSchema, request.body, newForm), wayOf(request), now);
    const answer = await silences.addSilence(asked, now);
    if (answer.kind === 'too_many') {
      throw new HttpProblem(409, tooManySilences, `there are ${answer.limit} silences that have not ended`);
    }
    reply.code(201);
    return { ...silenceJson(answer.silence, now), fits: await silences.fitting(asked.matchers) };
  });

  app.delete<{ Params: { id: string } }>('/api/silences/:id', async (request) => {
    const { author } = parse(endSchema, request.query, 'author (who ends it)');
    const answer = await silences.endSilence(request.params.id, author, clock.now());
    if (answer.kind === 'unknown') throw new HttpProblem(404, silenceUnknown, 'there is no such silence');
    if (answer.kind === 'configured') {
      throw new HttpProblem(409, silenceConfigured, 'the silence is one of the configuration file');
    }
    return silenceJson(answer.silence, clock.now());
  });
}

const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const duration = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms === null) context.addIssue({ code: 'custom', message: 'no duration' });
  return ms ?? 0;
});

const listSchema = z.strictObject({
  state: z.enum(silenceStates).optional(),
  cluster,
  author: z.string().max(100).optional(),
  q: z.string().max(500).optional(),
});
const endSchema = z.strictObject({ author: person });
const newSchema = z.strictObject({
  matchers: z.array(z.string().max(2000)).min(1).max(20),
  starts_at: moment.optional(),
  ends_at: moment.optional(),
  duration: duration.optional(),
  author: person,
  comment: z.string().max(500).default(''),
});
const newForm =
  'a JSON object {matchers: ["namespace=dev"], duration: "2h" or ends_at (ISO 8601), starts_at?, author?, comment?}';

/** @throws HttpProblem 400 */
function newSilence(body: z.infer<typeof newSchema>, way: SilenceWay, now: number): NewSilence {
  const { starts_at: start, ends_at: end, duration: ms, author, comment } = body;
  if ((end === undefined) === (ms === undefined)) {
    throw new HttpProblem(400, badRequest, 'a silence has either a duration or ends_at', { allowed: newForm });
  }
  const until = end === undefined ? { durationMs: ms ?? 0 } : { endsAt: end };
  const begin = start === undefined ? {} : { startsAt: start };
  const asked = { matchers: body.matchers, until, author, comment, way, ...begin };
  try {
    return readSilence(asked, now);
  } catch (error) {
    throw new HttpProblem(400, silenceRefused, errorText(error));
  }
}

/** Our own commands say that they are; all else is a program. */
function wayOf({ headers }: FastifyRequest): SilenceWay {
  return headers['user-agent'] === cliAgent ? 'cli' : 'api';
}
