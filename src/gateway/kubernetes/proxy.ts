import { untilAborted } from '../../lib/abort.ts';
import type { ApiAccess } from '../../kube/credential/api-access.ts';
import { errorText } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import { type Answer, type Exchange, isLong, NoAnswer } from './exchange.ts';
import { giveBack } from './give-back.ts';
import { sendStatus } from './status.ts';

const answerWithinMs = 60_000;
const headersWithinMs = 30_000;
/** A stream that the API server does not end in time is ended a little later. */
const spareMs = 5000;

/**
 * Carries a read to the API server with the upstream credential and its answer back without secrets. Nothing of the
 * request but its decided meaning goes on, nothing of the answer's headers but its type comes back. Never rejects.
 */
export async function forwardRead(exchange: Exchange, signal: AbortSignal): Promise<void> {
  const { response, upstream } = exchange;
  const lasts = isLong(exchange);
  const limit = AbortSignal.timeout(lasts ? upstream.watchTimeoutMs + spareMs : answerWithinMs);
  const ended = AbortSignal.any([signal, limit]);
  try {
    const answer = await ask(exchange, ended);
    try {
      await giveBack(exchange, answer, ended);
    } finally {
      answer.body.destroy();
    }
  } catch (error) {
    if (response.headersSent || signal.aborted) {
      // A stream that has lasted as long as it may is over, not broken.
      if (limit.aborted && lasts && !signal.aborted) response.end();
      else response.destroy();
      return;
    }
    const status = error instanceof NoAnswer ? error.status : limit.aborted ? 504 : 502;
    const said = limit.aborted ? 'the API server did not answer in time' : errorText(error);
    sendStatus(response, status, upstream.redact.text(oneLine(said, 500)));
  }
}

async function ask(exchange: Exchange, signal: AbortSignal): Promise<Answer> {
  const { access } = exchange.upstream;
  try {
    const answer = await askOnce(exchange, signal);
    if (answer.statusCode !== 401 || !access.refused()) return answer;
    answer.body.destroy();
    return await askOnce(exchange, signal);
  } catch (error) {
    if (error instanceof NoAnswer || signal.aborted) throw error;
    throw new NoAnswer(502, `the API server cannot be reached: ${errorText(error)}`);
  }
}

async function askOnce(exchange: Exchange, signal: AbortSignal): Promise<Answer> {
  const connection = await untilAborted(connected(exchange.upstream.access), signal);
  const url = new URL(`${connection.server}${addressOf(exchange)}`);
  const late = AbortSignal.timeout(headersWithinMs);
  const until = AbortSignal.any([signal, late]);
  const asking = connection.dispatcher.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: exchange.method,
    headers: { accept: acceptFor(exchange), 'accept-encoding': 'identity', ...connection.headers },
    signal,
  });
  // What is given up before its end says so as an error, which nobody waits for.
  const request = asking.then((answer) => {
    answer.body.on('error', () => {});
    return answer;
  });
  try {
    return await untilAborted(request, until);
  } catch (error) {
    if (!late.aborted || signal.aborted) throw error;
    void request.then((answer) => answer.body.destroy()).catch(() => {});
    throw new NoAnswer(504, 'the API server did not answer in time');
  }
}

async function connected(access: ApiAccess) {
  try {
    return await access.connect();
  } catch (error) {
    throw new NoAnswer(502, `there is no credential for the cluster: ${errorText(error)}`);
  }
}

/** The address anew from what was decided on, so that nothing else can be meant by it. */
function addressOf({ decision: { form, target }, upstream }: Exchange): string {
  const query = new URLSearchParams(target.query);
  if (form === 'watch') {
    const asked = Number(query.get('timeoutSeconds') ?? Number.NaN);
    const longest = Math.max(1, Math.floor(upstream.watchTimeoutMs / 1000));
    query.set('timeoutSeconds', String(asked > 0 ? Math.min(Math.ceil(asked), longest) : longest));
  }
  const path = `/${target.segments.map(encodeURIComponent).join('/')}`;
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

/** Of what the client takes only JSON in its forms (objects, tables, metadata): nothing else can be looked into. */
function acceptFor({ decision: { form }, accept }: Exchange): string {
  if (form === 'log') return '*/*';
  const json = accept
    .split(',')
    .map((part) => part.trim())
    .filter((part) => /^application\/json(;[\w=.;:-]*)?$/.test(part));
  if (form === 'document' && /text\/plain|\*\/\*/.test(accept)) json.push('*/*');
  return json.length === 0 ? 'application/json' : json.join(',');
}
