import { readSilence } from '../../domain/silence/asked-silence.ts';
import { parseDuration, spokenDuration } from '../../lib/format.ts';
import { errorText } from '../../lib/problem.ts';
import { oneLine, plural } from '../../lib/text.ts';
import type { Act, ActAnswer } from '../frame/handlers.ts';
import { refused } from './refused.ts';

/** `POST /silences`: fields `matchers` (one or several a line), `duration`, `comment`. */
export const makeSilence: Act = async ({ by, fields, now }, { silences }) => {
  const matchers = (fields.get('matchers') ?? '').split('\n').filter((line) => line.trim() !== '');
  const durationMs = parseDuration((fields.get('duration') ?? '').trim());
  const comment = oneLine(fields.get('comment') ?? '', 500);
  if (matchers.length === 0) return unusable('It says nothing that has to fit, such as namespace=dev.');
  if (durationMs === null) return unusable('How long is a duration such as 30m, 2h or 7d.');
  if (comment === '') return unusable('The reason is missing.');
  let asked;
  try {
    asked = readSilence({ matchers, until: { durationMs }, author: by, comment, way: 'page' }, now);
  } catch (error) {
    return unusable(errorText(error));
  }
  const answer = await silences.addSilence(asked, now);
  if (answer.kind === 'too_many') {
    const message = `There are ${answer.limit} silences that have not ended.`;
    return refused(409, { code: 'NC-HEALTH-016', message, fix: 'End one of them first.' });
  }
  const fits = await silences.fitting(asked.matchers);
  const stand = `${plural(fits, 'fault')} that ${fits === 1 ? 'stands' : 'stand'} now`;
  return { kind: 'done', said: `Silenced for ${spokenDuration(durationMs)}. It fits ${stand}.` };
};

/** `POST /silences/ID/end`. */
export const endSilence: Act = async ({ by, params, now }, { silences }) => {
  const answer = await silences.endSilence(params['id'] ?? '', by, now);
  if (answer.kind === 'unknown') return { kind: 'unknown' };
  if (answer.kind === 'ended') return { kind: 'done', said: 'Ended. What still stands is told after the next sweep.' };
  const fix = 'Take it out of the configuration file, which is read again by itself.';
  return refused(409, { code: 'NC-HEALTH-017', message: 'It is a silence of the configuration.', fix });
};

function unusable(message: string): ActAnswer {
  const fix = 'Go back, mend it and send it again. docs/silences.md tells what matchers are.';
  return refused(400, { code: 'NC-HEALTH-013', message, fix });
}
