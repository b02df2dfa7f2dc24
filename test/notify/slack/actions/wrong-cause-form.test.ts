import { expect, test } from 'vitest';
import { readInteraction } from '../../../../src/notify/slack/actions/payload.ts';
import { wrongCauseForm } from '../../../../src/notify/slack/actions/wrong-cause-form.ts';
import { isModal } from '../../../support/slack-block-check.ts';
import { ana, SlackPeople } from '../../../support/slack-people.ts';

test('NOT-1, UX-12: the form keeps the limits of Slack, and what it was asked about comes back with it', () => {
  const post = { channel: 'C0INCIDENTS', ts: '1790000000.000100' };
  const form = { ...wrongCauseForm(`inc_${'0'.repeat(60)}`, post) };
  expect(isModal(form)).toBe(true);
  expect(readInteraction(new SlackPeople().submit(form, ana, 'the proxy'))).toMatchObject({
    incidentId: `inc_${'0'.repeat(60)}`,
    post,
    act: { kind: 'feedback', rating: 'wrong', comment: 'the proxy' },
    person: { id: 'U0ANA', name: 'ana' },
  });
});

test.each(['', '{', '{"incident":"inc_1"}', '{"incident":"../x","channel":null,"ts":null}', '[]'])(
  'NOT-1: a form that is none of ours is not taken: %s',
  (kept) => {
    const form = { ...wrongCauseForm('inc_1', null), private_metadata: kept };
    expect(readInteraction(new SlackPeople().submit(form, ana, 'x'))).toBeNull();
  },
);
