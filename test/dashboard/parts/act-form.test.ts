import { expect, test } from 'vitest';
import { actForm } from '../../../src/dashboard/parts/act-form.ts';
import { rendered } from '../../support/rendered.ts';

test('UX-21: an act is a form with its token and the page after it, so that it works without a script', () => {
  const form = rendered(
    actForm({
      action: '/i/inc_1/ack',
      label: 'Acknowledge',
      csrf: '"><script>',
      back: '/?cluster=a&page=2',
      keyShortcut: 'a',
      about: 'CrashLoop',
      fields: { run: 'run_1' },
    }),
  );
  expect(form).toContain('<form class="act" method="post" action="/i/inc_1/ack" data-key="a">');
  expect(form).toContain('name="csrf" value="&quot;>&lt;script>"');
  expect(form).toContain('name="back" value="/?cluster=a&amp;page=2"');
  expect(form).toContain('name="run" value="run_1"');
  expect(form).toContain('Acknowledge<span class="unseen"> CrashLoop</span>');
});
