import { expect, test } from 'vitest';
import { StoreUnavailableError } from '../../../../src/domain/state-store.ts';
import { SlackClicks, wordsOf } from '../../../support/slack-clicks.ts';
import { ana, bo, labelsOf } from '../../../support/slack-people.ts';

test('UX-15: an acknowledgement stands on the message with who and when, and its button is gone', async () => {
  const clicks = await SlackClicks.start();
  const { people } = clicks.slack;
  const { post, id } = await clicks.answered();
  expect(labelsOf(post)).toEqual(['View report', 'Acknowledge', 'Silence', 'Run again', '👍 Right', '👎 Wrong cause']);
  people.send('interactive', people.click(post, ana, 'Acknowledge'));
  await clicks.until(() => wordsOf(post).includes('Acknowledged'), 'the acknowledgement on the message');
  expect(wordsOf(post)).toMatch(/\*Acknowledged\* by Ana Pérez <@U0ANA> <!date\^\d+\^/);
  expect(labelsOf(post)).not.toContain('Acknowledge');
  expect((await clicks.store.incident(id))?.incident.acknowledged).toMatchObject({
    by: 'Ana Pérez',
    slackUser: 'U0ANA',
  });
  expect(people.whispers).toEqual([]);
});

test('UX-15: who comes second is told who has it, and nothing changes', async () => {
  const clicks = await SlackClicks.start();
  const { people } = clicks.slack;
  const { post, id } = await clicks.answered();
  const first = people.click(post, ana, 'Acknowledge');
  const second = people.click(post, bo, 'Acknowledge');
  people.send('interactive', first);
  people.send('interactive', second);
  await clicks.until(() => people.whispers.length > 0, 'the word for the second');
  expect(people.whispers.map(({ text }) => text)).toEqual([
    expect.stringMatching(/^It was acknowledged before: by Ana Pérez <!date/),
  ]);
  expect((await clicks.store.incident(id))?.incident.acknowledged?.by).toBe('Ana Pérez');
});

test('UX-15, NOT-3: one click that arrives twice acts once, and so do two clicks of one person', async () => {
  const clicks = await SlackClicks.start();
  const { people } = clicks.slack;
  const { post, id } = await clicks.answered();
  const click = people.click(post, ana, 'Run again');
  people.send('interactive', click);
  people.send('interactive', click);
  people.send('interactive', people.click(post, ana, 'Run again'));
  await clicks.until(() => wordsOf(post).includes('Run again* by Ana Pérez'), 'the order on the message');
  await clicks.actions.stop(AbortSignal.timeout(20_000));
  const runs = (await clicks.store.incident(id))?.runs ?? [];
  expect(runs.filter(({ requestedBy }) => requestedBy === 'Ana Pérez')).toHaveLength(1);
  expect(runs).toHaveLength(2);
});

test('UX-15: a silence keeps its end and stands on the message, although messages of the incident are held back', async () => {
  const clicks = await SlackClicks.start();
  const { people } = clicks.slack;
  const { post } = await clicks.answered();
  people.send('interactive', people.click(post, bo, 'Silence', '1 hour'));
  await clicks.until(() => wordsOf(post).includes('Silenced'), 'the silence on the message');
  // A name that would mention everybody.
  expect(wordsOf(post)).toContain('Silenced* by Bo &lt;!channel&gt;');
  expect(labelsOf(post)).not.toContain('Silence');
  const [silence] = await clicks.store.silences();
  expect(silence).toMatchObject({ author: 'Bo <!channel>', matchers: [{ name: 'cluster' }, { name: 'owner' }] });
  expect((silence?.endsAt ?? 0) - (silence?.startsAt ?? 0)).toBe(3_600_000);

  // While it is silenced, an edit still shows who has it.
  people.send('interactive', people.click(post, ana, 'Acknowledge'));
  await clicks.until(() => wordsOf(post).includes('Acknowledged'), 'the acknowledgement on the silenced message');
  people.send('interactive', { ...people.click(post, ana, 'Run again'), actions: silenceAction(post) });
  await clicks.until(() => people.whispers.length > 0, 'the word that it is silenced');
  expect(people.whispers[0]?.text).toMatch(/^It is silenced already by Bo &lt;!channel&gt;, until <!date/);
  expect(await clicks.store.silences()).toHaveLength(1);
});

function silenceAction(post: { metadata: { event_payload: Record<string, unknown> } | null }) {
  const value = `${String(post.metadata?.event_payload['incident_id'])}|1h`;
  return [{ action_id: 'silence', action_ts: '1.5', type: 'static_select', selected_option: { value } }];
}

test('UX-15: a wrong cause opens a form, and what it says is kept and stands on the message', async () => {
  const clicks = await SlackClicks.start();
  const { people } = clicks.slack;
  const { post, id } = await clicks.answered();
  people.send('interactive', people.click(post, ana, '👎 Wrong cause'));
  await clicks.until(() => people.views.length > 0, 'a form');
  expect(clicks.feedback).toEqual([]);
  const sent = people.submit(people.views[0] ?? {}, ana, '<!here> the *proxy* was\nfull');
  people.send('interactive', sent);
  people.send('interactive', sent);
  await clicks.until(() => wordsOf(post).includes('Wrong cause*, says'), 'the words on the message');
  expect(wordsOf(post)).toContain('Wrong cause*, says Ana Pérez');
  expect(wordsOf(post)).toContain('&lt;!here&gt; the ∗proxy∗ was full');
  expect(clicks.feedback).toMatchObject([
    { incidentId: id, rating: 'wrong', by: 'Ana Pérez', comment: '<!here> the *proxy* was full' },
  ]);

  people.send('interactive', people.click(post, bo, '👍 Right'));
  await clicks.until(() => wordsOf(post).includes('Right*, says Bo'), 'another opinion');
  expect(clicks.feedback).toHaveLength(2);
});

test('UX-15: after the end a click changes nothing, says who ended it and when, and the message shows it', async () => {
  const clicks = await SlackClicks.start();
  const { people } = clicks.slack;
  const { post, id } = await clicks.answered();
  const late = [people.click(post, bo, 'Run again'), people.click(post, bo, 'Acknowledge')];
  const silence = people.click(post, bo, 'Silence', '4 hours');
  await clicks.store.orderIncident(id, { kind: 'resolve', by: 'Ana', comment: '' }, Date.now());
  await clicks.until(() => wordsOf(post).includes('Resolved'), 'the end on the message');
  expect(labelsOf(post)).toEqual(['View report', '👍 Right', '👎 Wrong cause']);
  for (const click of [...late, silence]) people.send('interactive', click);
  await clicks.until(() => people.whispers.length === 3, 'a word for each click');
  for (const { text } of people.whispers)
    expect(text).toMatch(/^Nothing was done: it is resolved <!date\S+ .* by Ana\.$/);
  expect(await clicks.store.silences()).toEqual([]);
  expect((await clicks.store.incident(id))?.incident.acknowledged).toBeNull();
});

test('UX-15: a slow store holds nobody up: Slack is told at once, and the act follows', async () => {
  const door = Promise.withResolvers<void>();
  const clicks = await SlackClicks.start();
  const { people } = clicks.slack;
  const { post } = await clicks.answered();
  await clicks.stop();
  const { store } = clicks;
  clicks.store = { ...store, hearOnce: async (...heard) => (await door.promise, store.hearOnce(...heard)) };
  await clicks.startProcess();
  const envelope = people.send('interactive', people.click(post, ana, 'Acknowledge'));
  await clicks.until(() => envelope.ackedAt !== null, 'the word that it has arrived');
  expect(wordsOf(post)).not.toContain('Acknowledged');
  door.resolve();
  await clicks.until(() => wordsOf(post).includes('Acknowledged'), 'the act');
});

test('UX-15: a store that cannot be written is said to who clicked', async () => {
  const clicks = await SlackClicks.start();
  const { people } = clicks.slack;
  const { post, id } = await clicks.answered();
  await clicks.stop();
  const full = () => Promise.reject(new StoreUnavailableError('disk full'));
  clicks.store = { ...clicks.store, orderIncident: full };
  await clicks.startProcess();
  people.send('interactive', people.click(post, ana, 'Acknowledge'));
  await clicks.until(() => people.whispers.length > 0, 'the word');
  expect(people.whispers[0]?.text).toContain('cannot write its state now');
  expect((await clicks.store.incident(id))?.incident.acknowledged).toBeNull();
});

test('UX-15: who is not named may not act, by id or by handle', async () => {
  const clicks = await SlackClicks.start({ mayAct: ['@ANA'] });
  const { people } = clicks.slack;
  const { post, id } = await clicks.answered();
  for (const label of ['Acknowledge', '👎 Wrong cause']) people.send('interactive', people.click(post, bo, label));
  people.send('interactive', { ...people.click(post, ana, 'Run again'), team: { id: 'T0OTHER' } });
  await clicks.until(() => people.whispers.length === 3, 'a word for each');
  expect(people.whispers.map(({ text }) => text).sort()).toEqual([
    'Nothing was done: `notify.slack.act` does not name you.',
    'Nothing was done: `notify.slack.act` does not name you.',
    'Nothing was done: you belong to another workspace.',
  ]);
  expect(people.views).toEqual([]);
  people.send('interactive', people.click(post, ana, 'Acknowledge'));
  await clicks.until(() => wordsOf(post).includes('Acknowledged'), 'the act of who may');
  expect((await clicks.store.incident(id))?.runs).toHaveLength(1);
  const metrics = await clicks.registry.metrics();
  expect(metrics).toContain('nightcrier_slack_actions_total{action="ack",outcome="refused"} 1');
  expect(metrics).toContain('nightcrier_slack_actions_total{action="ack",outcome="done"} 1');
});

test('UX-15: in a shared channel people of other workspaces change nothing, whatever their handle is', async () => {
  const clicks = await SlackClicks.start({ mayAct: ['@ana'] });
  const { people } = clicks.slack;
  const { post, id } = await clicks.answered();
  const stranger = { id: 'U0STRANGER', username: ana.name, team_id: 'T0OTHER' };
  // The team is that of the app.
  people.send('interactive', { ...people.click(post, ana, 'Acknowledge'), user: stranger });
  people.send('interactive', { ...people.click(post, ana, '👎 Wrong cause'), user: stranger });
  await clicks.until(() => people.views.length > 0, 'a form');
  people.send('interactive', { ...people.submit(people.views[0] ?? {}, ana, 'it was DNS'), user: stranger });
  await clicks.until(() => people.whispers.length === 2, 'a word for each');
  for (const { text } of people.whispers) expect(text).toBe('Nothing was done: you belong to another workspace.');
  await clicks.actions.stop(AbortSignal.timeout(20_000));
  expect((await clicks.store.incident(id))?.incident.acknowledged).toBeNull();
  expect(clicks.feedback).toEqual([]);
});

test('UX-15: what is no click of ours does nothing', async () => {
  const clicks = await SlackClicks.start();
  const { people } = clicks.slack;
  const { post, id } = await clicks.answered();
  const click = people.click(post, ana, 'Acknowledge');
  const [action] = click['actions'] as Record<string, unknown>[];
  people.send('interactive', people.click(post, ana, 'View report'));
  people.send('interactive', { ...click, type: 'shortcut' });
  people.send('interactive', { ...click, actions: [{ ...action, value: '../../etc' }] });
  people.send('interactive', { ...click, actions: [{ ...action, action_id: '__proto__' }] });
  people.send('interactive', { ...click, actions: [{ ...action, action_id: 'silence', value: `${id}|constructor` }] });
  people.send('interactive', {});
  const unknown = { ...click, actions: [{ ...action, action_ts: '9.9', value: 'inc_0000000000' }] };
  people.send('interactive', unknown);
  await clicks.until(() => people.whispers.length > 0, 'a word for the unknown incident');
  await clicks.actions.stop(AbortSignal.timeout(20_000));
  expect(people.whispers.map(({ text }) => text)).toEqual([expect.stringContaining('is not kept any more')]);
  expect((await clicks.store.incident(id))?.incident.acknowledged).toBeNull();
});
