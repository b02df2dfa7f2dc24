import { html } from '../../html/html.ts';
import { printable } from '../../lib/text.ts';

/** A command as it can be run; the button that copies it is made by the script. */
export function commandBlock(command: string) {
  return html`<div class="command" data-copy>
    <pre tabindex="0"><code>${printable(command)}</code></pre>
  </div>`;
}
