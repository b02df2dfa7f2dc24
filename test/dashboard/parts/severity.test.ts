import { expect, test } from 'vitest';
import { severityMark } from '../../../src/dashboard/parts/severity.ts';
import { severities } from '../../../src/domain/fault.ts';
import { rendered } from '../../support/rendered.ts';

test('UX-21: a severity is a word and a shape of its own, not a colour alone', () => {
  const marks = severities.map((severity) => rendered(severityMark(severity)));
  marks.forEach((mark, at) => expect(mark.endsWith(`</svg>${severities[at]}</span>`)).toBe(true));
  expect(new Set(marks.map((mark) => /d="([^"]+)"/.exec(mark)?.[1])).size).toBe(3);
});
