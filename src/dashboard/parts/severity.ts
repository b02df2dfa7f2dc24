import { html } from '../../html/html.ts';
import type { Severity } from '../../domain/fault.ts';

const shapes: Record<Severity, string> = {
  critical: 'M8 1.5 14.5 8 8 14.5 1.5 8z',
  warning: 'M8 2 14.5 13.5h-13z',
  info: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z',
};

/** A severity as shape, word and colour: none of them alone. */
export function severityMark(severity: Severity) {
  return html`<span class=${`severity ${severity}`}>
    <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${shapes[severity]} /></svg>${severity}
  </span>`;
}
