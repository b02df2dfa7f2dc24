import type { StormView } from '../../../src/domain/fault.ts';
import { describe, expect, test } from 'vitest';
import { maxMessageCharacters, messageSize } from '../../../src/notify/slack/message.ts';
import { renderIncident } from '../../../src/notify/slack/render.ts';
import { renderMembers, threadNews } from '../../../src/notify/slack/thread.ts';
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

  test('tells how it ended, and who has an incident of their own', () => {
    const claim = stormClaim(33);
    const storm = { ...claim.incident!.storm!, endedAt: sampleTime + 600_000 };
    const members = [sampleMember(0, { incidentId: 'inc_own' }), ...(claim.storm?.members.slice(1) ?? [])];
    const incident = { ...claim.incident!, storm, status: 'resolved', resolvedAt: sampleTime + 700_000 } as const;
    const message = renderIncident({ ...claim, incident, storm: { ...claim.storm!, members } }, options);
    expect(message.blocks[0]).toMatchObject({
      text: { text: '✅ Resolved · Fault storm · prod-eu · 33 incidents in 2 min' },
    });
    expect(words(message)).toContain('1 that it does not explain and that still stood has an incident of their own');
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
    const messages = [renderIncident({ ...claim, storm }, options), renderMembers({ ...claim, storm }, options)!];
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
    const text = words(renderMembers(claim, options));
    const shown = Number(/_(\d+) of 500 shown/.exec(text)?.[1]);
    expect(shown).toBeGreaterThan(30);
    expect(text).toContain('All of them: <https://nightcrier.example/i/inc_01K9Z3W8Q4/report|report>');
    expect(words(renderMembers(stormClaim(4), options))).not.toContain('shown');
  });
});
