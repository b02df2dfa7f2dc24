import { describe, expect, test } from 'vitest';
import type { Notice } from '../../src/domain/records.ts';
import { noticeText } from '../../src/notify/notice-text.ts';
import { sampleAgentNotice, sampleNotice } from '../support/claim-sample.ts';

function said(kind: Parameters<typeof sampleNotice>[0], over: Partial<Notice> = {}) {
  return noticeText(kind, sampleNotice(kind, over).delivery.notice!);
}

describe('NOT-6: a notice names which clusters it is about', () => {
  test.each([
    [[], 'no cluster'],
    [['a'], 'a'],
    [['a', 'b', 'c'], 'a, b, c'],
    [['a', 'b', 'c', 'd'], '4 clusters'],
  ])('%o as %s', (clusters, words) => {
    for (const kind of ['first_contact', 'clusters_unreachable', 'clusters_back'] as const) {
      expect(said(kind, { clusters }).title).toContain(words);
    }
  });

  test('it speaks of one cluster or of several', () => {
    expect(said('clusters_unreachable').effect).toContain('this cluster');
    expect(said('clusters_unreachable', { clusters: ['a', 'b'] }).effect).toContain('these clusters');
    expect(said('clusters_back').effect).toContain('This cluster is watched again');
    expect(said('clusters_back', { clusters: ['a', 'b'] }).effect).toContain('These clusters are watched again');
  });
});

describe('how long it took', () => {
  test('is said when it is over, and not while it goes on', () => {
    expect(said('clusters_back').duration).toBe('for 10 min');
    expect(said('clusters_unreachable').duration).toBeNull();
    expect(said('clusters_back', { since: null }).duration).toBeNull();
  });

  test('a first contact has no duration', () => {
    expect(said('first_contact', { until: 0 }).duration).toBeNull();
  });
});

test('INT-4: the first contact says how many incidents were taken up quietly', () => {
  expect(said('first_contact', { incidents: 12 }).title).toContain('12');
  expect(said('first_contact', { incidents: 1 }).title).toMatch(/\b1 \w+ incident$/);
});

describe('TRI-7: an agent that fails', () => {
  const agentText = (kind: 'agent_degraded' | 'agent_recovered') => {
    const { delivery } = sampleAgentNotice(kind);
    return noticeText(kind, delivery.notice!);
  };

  test('the degraded message names the agent, its failures, who answers and when it is tried', () => {
    const { title, effect } = agentText('agent_degraded');
    expect(title).toBe('⚠️ Agent claude is not used for now · 3 failures in a row');
    expect(effect).toContain('answered by the built-in analyst');
    expect(effect).toContain('tries the agent again in 5 min');
    expect(effect).toContain('NC-AGENT-020');
  });

  test('the recovered message has downtime and count', () => {
    const { title, effect, duration } = agentText('agent_recovered');
    expect(title).toBe('✅ Agent claude works again');
    expect(effect).toContain('It was not used for 10 min; 5 runs were answered by the built-in analyst');
    expect(duration).toBe('for 10 min');
  });
});
