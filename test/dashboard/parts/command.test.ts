import { expect, test } from 'vitest';
import { commandBlock } from '../../../src/dashboard/parts/command.ts';
import { rendered } from '../../support/rendered.ts';

test('a command is shown as it can be run, without marks that would hide a part of it', () => {
  const block = rendered(commandBlock('kubectl get pod a\u202e && <rm>'));
  expect(block).toBe(
    '<div class="command" data-copy="true"><pre tabindex="0"><code>kubectl get pod a\ufffd &amp;&amp; &lt;rm></code></pre></div>',
  );
});
