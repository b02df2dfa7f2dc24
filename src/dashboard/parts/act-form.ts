import { html, type View } from '../../html/html.ts';

export interface ActFormOptions {
  readonly action: string;
  readonly label: string;
  readonly csrf: string;
  /** Path and query of the page that follows. */
  readonly back: string;
  /** The key that presses its button: `a`, `s`, `r`. */
  readonly keyShortcut?: string;
  /** For who only hears the label: which incident is meant. */
  readonly about?: string;
  /** The id of what says on the page what the act does. */
  readonly explainedBy?: string;
  readonly fields?: Readonly<Record<string, string>>;
  /** Further fields that people fill. */
  readonly inputs?: View;
  /** Those that few need, folded behind the button. */
  readonly folded?: View;
  readonly quiet?: boolean;
}

/** A button that changes something: a form, so that it works without a script. */
export function actForm({ action, label, csrf, back, keyShortcut, about, explainedBy, ...rest }: ActFormOptions) {
  const { fields = {}, inputs = null, folded = null, quiet = false } = rest;
  return html`<form class="act" method="post" action=${action} data-key=${keyShortcut}>
    <input type="hidden" name="csrf" value=${csrf} />
    <input type="hidden" name="back" value=${back} />
    ${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name=${name} value=${value} />`)}
    ${inputs}
    <button class=${quiet ? 'quiet' : undefined} aria-describedby=${explainedBy}>
      ${label}${about === undefined ? null : html`<span class="unseen"> ${about}</span>`}
    </button>
    ${folded}
  </form>`;
}
