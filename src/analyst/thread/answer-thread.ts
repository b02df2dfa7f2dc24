import { parentPort } from 'node:worker_threads';
import { errorText } from '../../lib/problem.ts';
import { answerFor } from '../answer.ts';
import { checkVerdict } from '../claims/check-verdict.ts';
import type { Asked, Done } from './protocol.ts';

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
    const value =
      asked.kind === 'analyse'
        ? answerFor(asked.request, asked.evidence)
        : checkVerdict(asked.verdict, asked.evidence, asked.served);
    return { ok: true, value };
  } catch (error) {
    return { ok: false, message: errorText(error) };
  }
}
