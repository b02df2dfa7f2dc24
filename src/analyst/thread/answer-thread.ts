import { parentPort } from 'node:worker_threads';
import { errorText } from '../../lib/problem.ts';
import { answerFor } from '../answer.ts';
import { checkVerdict } from '../claims/check-verdict.ts';
import { answerQuestion } from '../questions/answer-question.ts';
import type { Asked, Done, Value } from './protocol.ts';

/*
 * The thread that works out answers and checks claims, one after the other, so that a large cluster's evidence does not
 * stop the loop that serves connections. It reads nothing but what it is given, which holds no secret.
 */

if (parentPort !== null) {
  const port = parentPort;
  port.on('message', (asked: Asked) => port.postMessage(work(asked), []));
  port.postMessage('ready', []);
}

function work(asked: Asked): Done {
  try {
    return { ok: true, value: valueOf(asked) };
  } catch (error) {
    return { ok: false, message: errorText(error) };
  }
}

function valueOf(asked: Asked): Value {
  if (asked.kind === 'question') return answerQuestion(asked.question);
  if (asked.kind === 'analyse') return answerFor(asked.request, asked.evidence);
  return checkVerdict(asked.verdict, asked.evidence, asked.served);
}
