import type { StormView } from '../../../src/domain/fault.ts';
import { describe, expect, test } from 'vitest';
import { maxMessageCharacters, messageSize } from '../../../src/notify/slack/message.ts';
import { renderIncident } from '../../../src/notify/slack/render.ts';
import { renderStormList, threadNews } from '../../../src/notify/slack/thread.ts';
import { answeredIncident, sampleRun, sampleTime } from '../../support/incident-samples.ts';
import { slackRefusal } from '../../support/slack-block-check.ts';
import { sampleMember, stormClaim } from '../../support/storm-sample.ts';

const options = { publicUrl: 'https://nightcrier.example', repeat: false, thread: true };
const words = (message: unknown): string => JSON.stringify(message);

describe('INT-4, UX-16: the message of a storm', () => {
  test('names the cluster, how many, what they share, and says that nothing was dropped', () => {
    const message = renderIncident(stormClaim(47), options);
    expect(message.blocks[0]).toMatchObject({ text: { text: '🌩 Fault storm · prod-eu · 47 incidents in 2 min' } });
    expect(message.text).toBe(
      '🔴 CRITICAL prod-eu: fault storm, 47 incidents in 2 min, 46 of 47 on node n1 — triage queued',
    );
    const text = words(message);
    expect(text).toContain('*Common factor:* 46 of 47 on node n1');
    expect(text).toContain('Also: all 47 of type CrashLoop');
    expect(text).toContain('by family: workload 35, image 12');
    expect(text).toContain('namespaces: shop 31, pay 16');
    expect(text).toContain('one investigation instead of 47, nothing is dropped');
    expect(text).toContain('CrashLoop · shop/app1 (Deployment)');
    expect(text).toContain('5 of 47 shown');
    expect(slackRefusal(message)).toBeNull();
  });

  test('claims no common factor when there is none', () => {
    const claim = stormClaim(31);
    const none: StormView = { members: claim.storm?.members ?? [], common: null, shared: [] };
    expect(words(renderIncident({ ...claim, storm: none }, options))).toContain('*No common factor* is known.');
  });

  /** A storm of which all that stood got an incident of its own. */
  function overClaim(count: number, left: NonNullable<StormView['left']>) {
    const claim = stormClaim(count);
    const storm = { ...claim.incident!.storm!, endedAt: sampleTime + 600_000, emptied: true };
    const ended = { status: 'resolved', statusReason: 'storm_over', resolvedAt: storm.endedAt } as const;
    const previous = { ...claim.delivery, createdAt: sampleTime, state: 'reported' };
    return { ...claim, previous, incident: { ...claim.incident!, ...ended, storm }, storm: { ...claim.storm!, left } };
  }

  const left = (index: number, change = {}) =>
    ({
      incidentId: `inc_own${index}`,
      title: `CrashLoop · shop/app${index} (Deployment)`,
      state: 'waits',
      cause: null,
      reportedAt: null,
      ...change,
    }) as const;

  test('when it is over it does not say resolved, but what stands on its own, in its thread too', () => {
    const claim = overClaim(
      40,
      Array.from({ length: 40 }, (_, index) => left(index)),
    );
    const message = renderIncident(claim, options);
    expect(message.blocks[0]).toMatchObject({
      text: { text: '🌩 Over · Fault storm · prod-eu · 40 incidents in 2 min' },
    });
    expect(words(message)).toContain('The storm is over: 40 incidents stand on their own');
    expect(words(message)).toContain('inc_own4 · CrashLoop · shop/app4 (Deployment)');
    expect(words(message)).toContain('_5 of 40 shown, the rest in the thread_');
    expect(words([message.text, message.blocks])).not.toMatch(/resolved/i);
    expect(threadNews(claim)).toEqual(['over']);
    const line = renderStormList(claim, 'over', options)!;
    expect(words(line)).toContain('inc_own39 · CrashLoop · shop/app39 (Deployment)');
    expect([slackRefusal(message), slackRefusal(line)]).toEqual([null, null]);
    const told = { ...claim.delivery, createdAt: sampleTime + 600_000, state: 'resolved' };
    expect(threadNews({ ...claim, previous: told })).toEqual([]);
  });

  test('what was found of them is told once, when none of them waits any more', () => {
    const answered = left(1, { state: 'answered', cause: 'REDIS_URL is missing', reportedAt: sampleTime + 900_000 });
    const previous = { ...stormClaim(2).delivery, createdAt: sampleTime + 600_000, state: 'resolved' };
    expect(threadNews({ ...overClaim(2, [answered, left(2)]), previous })).toEqual([]);
    const all = { ...overClaim(2, [answered, left(2, { state: 'failed' })]), previous };
    expect(threadNews(all)).toEqual(['found']);
    const line = words(renderStormList(all, 'found', options));
    expect(line).toContain('inc_own1 · CrashLoop · shop/app1 (Deployment): REDIS_URL is missing');
    expect(line).toContain('inc_own2 · CrashLoop · shop/app2 (Deployment): could not be investigated');
    expect(threadNews({ ...all, previous: { ...previous, createdAt: sampleTime + 900_000 } })).toEqual([]);
  });

  test('keeps every limit, whatever names a cluster gives', () => {
    const name = '<!channel>*&`'.repeat(5000);
    const long = sampleMember(1, { faultType: name, owner: { kind: name, namespace: name, name, certain: true } });
    const claim = stormClaim(2000, { ...answeredIncident(), title: name, cause: name });
    const storm: StormView = {
      members: Array.from({ length: 2000 }, () => long),
      common: { sign: 'image', value: name, count: 2000, of: 2000 },
      shared: [{ sign: 'registry', value: name, count: 2000, of: 2000 }],
    };
    const messages = [
      renderIncident({ ...claim, storm }, options),
      renderStormList({ ...claim, storm }, 'members', options)!,
    ];
    for (const message of messages) {
      expect(messageSize(message.blocks)).toBeLessThanOrEqual(maxMessageCharacters);
      expect(slackRefusal(message)).toBeNull();
      expect(words(message)).not.toContain('<!channel>');
    }
  });

  test('its thread gets the members once, with the answer: as many as one message holds, the rest counted', () => {
    const reported = stormClaim(500, { ...answeredIncident(), storm: stormClaim(500).incident!.storm! });
    const claim = { ...reported, runs: [sampleRun()] };
    expect(threadNews(claim)).toEqual(['details', 'members']);
    const told = { ...claim.delivery, createdAt: (claim.incident?.reportedAt ?? 0) + 1, state: 'reported' };
    expect(threadNews({ ...claim, previous: told })).toEqual([]);
    const text = words(renderStormList(claim, 'members', options));
    const shown = Number(/_(\d+) of 500 shown/.exec(text)?.[1]);
    expect(shown).toBeGreaterThan(30);
    expect(text).toContain('All of them: <https://nightcrier.example/i/inc_01K9Z3W8Q4/report|report>');
    expect(words(renderStormList(stormClaim(4), 'members', options))).not.toContain('shown');
  });
});
