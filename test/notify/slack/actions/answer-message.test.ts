import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { QuestionAnswer } from '../../../../src/domain/question.ts';
import { replyMessage } from '../../../../src/notify/slack/actions/answer-message.ts';
import { say } from '../../../../src/report/answer-lines.ts';
import { slackRefusal } from '../../../support/slack-block-check.ts';

const askedAt = Date.UTC(2026, 10, 20, 9);
const prompt = { question: { askedAt, text: 'why?' }, now: askedAt + 60_000, repeat: false };
const answerMessage = (answer: QuestionAnswer) => replyMessage({ kind: 'answer', answer }, prompt);

test('UX-15: an answer says what it comes from, and what it quotes is code', () => {
  const message = answerMessage({
    text: 'It fails since 09:12.\n\n> panic: <!channel> *boom* `x`\nNothing else changed.',
    sources: ['logs/api-0.txt', 'events.json'],
    by: 'rules',
  });
  expect(message.blocks).toEqual([
    {
      type: 'section',
      expand: true,
      text: {
        type: 'mrkdwn',
        verbatim: true,
        text: 'It fails since 09:12.\n&gt; `panic: &lt;!channel&gt; *boom* ʼxʼ`\nNothing else changed.',
      },
    },
    {
      type: 'context',
      elements: [{ type: 'mrkdwn', verbatim: true, text: 'from `logs/api-0.txt`, `events.json` · by rules' }],
    },
  ]);
});

test('NOT-5: why an agent did not answer stands below the answer of the rules', () => {
  const message = answerMessage({ text: 'x', sources: [], by: 'rules', note: 'claude was not asked: <!channel>' });
  expect(JSON.stringify(message.blocks)).toContain('by rules · claude was not asked: &lt;!channel&gt;');
});

test('NOT-5: words never look like a quote of the cluster', () => {
  const words = answerMessage({ text: say('> OOMKilled: limit 64Mi'), sources: [], by: 'x' });
  const quoted = answerMessage({ text: '> OOMKilled: limit 64Mi', sources: [], by: 'x' });
  expect(JSON.stringify(words)).toContain('– &gt; OOMKilled');
  expect(JSON.stringify(quoted)).toContain('&gt; `OOMKilled');
});

test('NOT-5: what comes late says to what and when it was asked, and what may be a repeat is marked', () => {
  const answer = { text: 'because', sources: [], by: 'rules' };
  const late = { ...prompt, now: askedAt + 3_000_000 };
  const blocks = JSON.stringify(replyMessage({ kind: 'answer', answer }, { ...late, repeat: true }).blocks);
  expect(blocks).toMatch(/_\(may be a repeat\)_ · to “why\?”, asked <!date\^1795165200\^[^]*because/);
  expect(JSON.stringify(replyMessage({ kind: 'late', why: '' }, late).blocks)).toMatch(
    /to “why\?”, asked <!date[^]*This was not answered: nightcrier could not do it within an hour/,
  );
  expect(JSON.stringify(answerMessage(answer).blocks)).not.toMatch(/repeat|asked/);
});

test('UX-12: whatever an answer says, Slack takes it, and nothing in it is a mention', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3000 }),
    fc.constantFrom(
      '<!channel> <@U0ANA> <https://evil.example|ok>',
      '`'.repeat(500),
      '> '.repeat(2000),
      '&'.repeat(9000),
    ),
  );
  fc.assert(
    fc.property(
      fc.array(hostile, { maxLength: 40 }),
      fc.array(hostile, { maxLength: 20 }),
      hostile,
      (lines, sources, by) => {
        for (const message of [
          answerMessage({ text: lines.join('\n'), sources, by }),
          replyMessage(
            { kind: 'failed', why: lines[0] ?? '' },
            { question: { askedAt, text: by }, now: askedAt + 3_600_000, repeat: true },
          ),
        ]) {
          expect(slackRefusal(message)).toBeNull();
          expect(message.text.length).toBeLessThanOrEqual(120);
          expect(JSON.stringify([message.blocks, message.text])).not.toMatch(/<(?!!date)[!@#h]/);
        }
      },
    ),
    { numRuns: 300 },
  );
});
