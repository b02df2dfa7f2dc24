import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { matchersMistake, parseMatchers } from '../domain/silence/matchers.ts';
import { silenceStates } from '../domain/silence/silences.ts';
import type { NewSilence, SilenceStore } from '../domain/cluster-policy.ts';
import type { Matcher } from '../domain/fault.ts';
import { silenceJson } from '../domain/wire/silence.ts';
import type { Clock } from '../lib/clock.ts';
import { parseDuration } from '../lib/format.ts';
import { errorText } from '../lib/problem.ts';
import { oneLine } from '../lib/text.ts';
import {
  badRequest,
  HttpProblem,
  silenceConfigured,
  silenceRefused,
  silenceUnknown,
  tooManySilences,
} from './errors.ts';
import { parse, person } from './requests.ts';

export interface SilenceRoutesOptions {
  readonly silences: Pick<SilenceStore, 'addSilence' | 'endSilence' | 'silences'> & {
    /** How many active faults matchers fit. */
    fitting(matchers: readonly Matcher[]): Promise<number>;
  };
  readonly clock: Pick<Clock, 'now'>;
}

/** A silence that somebody makes holds no longer, ms: one for ever belongs into the configuration. */
const longestMs = 366 * 86_400_000;

/** `/api/silences` (docs/formats.md, HTTP). */
export function silenceRoutes(app: FastifyInstance, { silences, clock }: SilenceRoutesOptions): void {
  app.get('/api/silences', async (request) => {
    const { state } = parse(listSchema, request.query, `state (${silenceStates.join(', ')})`);
    const all = (await silences.silences()).map((silence) => silenceJson(silence, clock.now()));
    return { silences: all.filter((silence) => state === undefined || silence.state === state) };
  });

  app.post('/api/silences', async (request, reply) => {
    const now = clock.now();
    const asked = newSilence(parse(newSchema, request.body, newForm), now);
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

const listSchema = z.strictObject({ state: z.enum(silenceStates).optional() });
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
function newSilence(body: z.infer<typeof newSchema>, now: number): NewSilence {
  const { starts_at: start, ends_at: end, duration: ms, author, comment } = body;
  if ((end === undefined) === (ms === undefined)) {
    throw new HttpProblem(400, badRequest, 'a silence has either a duration or ends_at', { allowed: newForm });
  }
  const startsAt = Math.max(start ?? now, now);
  const endsAt = end ?? startsAt + (ms ?? 0);
  if (endsAt <= startsAt) throw new HttpProblem(400, silenceRefused, 'the silence would end before it starts');
  if (endsAt - now > longestMs) throw new HttpProblem(400, silenceRefused, 'the silence would hold for over a year');
  return { matchers: readMatchers(body.matchers), startsAt, endsAt, author, comment: oneLine(comment, 500) };
}

function readMatchers(texts: readonly string[]): readonly Matcher[] {
  try {
    const matchers = texts.flatMap(parseMatchers);
    const mistake = matchersMistake(matchers);
    if (mistake !== null) throw new Error(mistake);
    return matchers;
  } catch (error) {
    throw new HttpProblem(400, silenceRefused, errorText(error));
  }
}
