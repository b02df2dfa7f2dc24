import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Block,
  context,
  fields,
  header,
  messageSize,
  plainForm,
  section,
  type SlackMessage,
} from '../../../src/notify/slack/message.ts';
import { linkControl } from '../../../src/notify/slack/buttons.ts';

const metadata = { event_type: 'nightcrier_incident', event_payload: { delivery_id: 'dlv_1' } };

function messageOf(blocks: readonly Block[], text = 'pushed'): SlackMessage {
  return { text, blocks, metadata, unfurl_links: false, unfurl_media: false };
}

describe("UX-12: blocks keep Slack's limits", () => {
  test('a section of 3,000 characters is taken, one more is a mistake of ours', () => {
    expect(section('x'.repeat(3000))).toMatchObject({ type: 'section', expand: true });
    expect(() => section('x'.repeat(3001))).toThrow('a section of 3001 characters');
  });

  test('a field of 2,000 characters is taken, one more is a mistake of ours', () => {
    expect(fields(['x'.repeat(2000), 'y'])).toMatchObject({ type: 'section' });
    expect(() => fields(['y', 'x'.repeat(2001)])).toThrow('a field of 2001 characters');
  });

  test('no bare word becomes a link or a mention', () => {
    const [first] = [section('see @here and #general')];
    expect(first).toMatchObject({ text: { type: 'mrkdwn', verbatim: true } });
    expect(fields(['@channel'])).toMatchObject({ fields: [{ verbatim: true }] });
    expect(context(['@channel'])).toMatchObject({ elements: [{ verbatim: true }] });
  });

  test('small print leaves out what is not known, and nothing at all is no block', () => {
    expect(context(['a', null, 'b'])).toMatchObject({ elements: [{ text: 'a · b' }] });
    expect(context([null, null])).toBeNull();
    expect(context([])).toBeNull();
  });

  test('the size of a message is what its blocks are as JSON', () => {
    const blocks = [header('a'), section('b')];
    expect(messageSize(blocks)).toBe(JSON.stringify(blocks).length);
    expect(messageSize([])).toBe(2);
  });
});

describe('UX-14: when the form is refused, the same words go without any', () => {
  test('every text of every block stands in one plain section; buttons have no words', () => {
    const page = { id: 'report', label: 'View report', url: 'https://nightcrier.example' };
    const button = linkControl(page, { interactive: true });
    const blocks = [header('Title'), section('Cause'), fields(['One', 'Two']), context(['Small']), button];
    const plain = plainForm(messageOf(blocks.filter((block) => block !== null)));
    expect(plain.blocks).toEqual([
      { type: 'section', text: { type: 'plain_text', text: 'Title · Cause · One · Two · Small', emoji: true } },
    ]);
  });

  test('a message without blocks says what the phone shows', () => {
    expect(plainForm(messageOf([], 'only this')).blocks).toMatchObject([{ text: { text: 'only this' } }]);
  });

  test('what finds the message again stays', () => {
    const plain = plainForm(messageOf([header('Title')]));
    expect([plain.metadata, plain.text]).toEqual([metadata, 'pushed']);
  });

  test('whatever the words are, the plain form keeps the limit of a section', () => {
    const texts = fc.array(fc.string({ unit: 'binary', maxLength: 2000 }), { maxLength: 8 });
    fc.assert(
      fc.property(texts, (words) => {
        const { blocks } = plainForm(messageOf(words.map((word) => section(word))));
        const [block] = blocks;
        const text = block?.type === 'section' ? (block.text?.text ?? '') : '';
        expect(blocks).toHaveLength(1);
        expect(text.length).toBeLessThanOrEqual(2900);
        expect(text.isWellFormed()).toBe(true);
      }),
    );
  });
});
