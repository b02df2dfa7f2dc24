import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { code, link, plain, prose, slackDate } from '../../../src/notify/slack/mrkdwn.ts';

describe('foreign text', () => {
  test.each([
    ['<!channel> & <@U1>', '&lt;!channel&gt; &amp; &lt;@U1&gt;'],
    ['*bold* ~strike~', '∗bold∗ ∼strike∼'],
    ['_slanted_ but DB_URL and a_b_c stay', '＿slanted＿ but DB_URL and a_b_c stay'],
    ['env `DB_URL` is *not* set', 'env `DB_URL` is ∗not∗ set'],
    ['one ` alone', 'one ʼ alone'],
    ['```block```', 'ʼʼʼblockʼʼʼ'],
    ['line\n\n*Cause:* forged', 'line ∗Cause:∗ forged'],
    ['\u001b[31mred\u0007\u202e', '�[31mred��'],
  ])('UX-12: %j becomes %j', (given, expected) => {
    expect(prose(given, 300)).toEqual({ text: expected, cut: false });
  });

  test('UX-12: code keeps everything but the mark that ends it', () => {
    expect(code('a `b` <c> *d* _e_', 100)).toEqual({ text: '`a ʼbʼ &lt;c&gt; *d* _e_`', cut: false });
    expect(code('', 100).text).toBe('` `');
  });

  test('UX-12: a cut never splits an entity, a character or a code span', () => {
    expect(prose('&&&&&', 12)).toEqual({ text: '&amp;&amp;…', cut: true });
    expect(prose('ab😀😀😀', 7)).toEqual({ text: 'ab😀…', cut: true });
    expect(prose('x `abcdefgh` y', 8)).toEqual({ text: 'x `abc…`', cut: true });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 4, max: 80 }), (text, max) => {
        for (const fitted of [prose(text, max), code(text, max), plain(text, max)]) {
          expect(fitted.text.length).toBeLessThanOrEqual(max);
        }
        expect(prose(text, max).text).not.toMatch(/&(?!amp;|lt;|gt;)/);
        expect(code(text, max).text.split('`')).toHaveLength(3);
      }),
    );
  });

  test('links and dates are ours: nothing given can end them', () => {
    expect(link('https://x.example/a?b=1&c=2|<>', 'a > b')).toBe('<https://x.example/a?b=1&amp;c=2%7C%3C%3E|a &gt; b>');
    expect(slackDate(1_795_170_000_123)).toBe(
      '<!date^1795170000^{date_short_pretty} {time}|2026-11-20T09:00:00Z>'.replace(
        '2026-11-20T09:00:00Z',
        new Date(1_795_170_000_000).toISOString().replace('.000Z', 'Z'),
      ),
    );
  });
});
