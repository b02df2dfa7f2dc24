import { expect, test } from 'vitest';
import { problemsBanner } from '../../../src/dashboard/parts/problems.ts';
import { sampleTime } from '../../support/incident-samples.ts';
import { rendered } from '../../support/rendered.ts';

const said = { code: 'NC-X-001', message: 'It broke', fix: 'mend it', since: sampleTime };

test('UX-10: an error of nightcrier itself is open, a warning is one line, what is wrong with a cluster is not here', () => {
  const now = sampleTime + 60_000;
  const error = rendered(problemsBanner([{ ...said, cluster: null, severity: 'error' }], now));
  expect(error).toMatch(/banner bad[^]*<details open>[^]*✗ error[^]*It broke[^]*mend it[^]*NC-X-001[^]*1 min/);
  const warning = rendered(problemsBanner([{ ...said, cluster: null, severity: 'warning' }], now));
  expect(warning).toMatch(/<details><summary>1 warning<\/summary>/);
  expect(rendered(problemsBanner([{ ...said, cluster: 'prod', severity: 'error' }], now))).toBe('');
});
