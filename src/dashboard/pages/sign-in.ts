import { html, type View } from '../../html/html.ts';
import { nameField, type SignIn } from '../../domain/people/viewer.ts';
import { spokenDuration } from '../../lib/format.ts';

export interface SignInPage {
  /** Without a token people say a name alone. */
  readonly needsToken: boolean;
  /** Path and query of the page that they want. */
  readonly back: string;
  readonly name: string;
  /** What became of the try before it. */
  readonly answer: Exclude<SignIn, { readonly kind: 'in' }> | null;
}

/** The page on which people sign in: a form, which works without a script. */
export function signInView({ needsToken, back, name, answer }: SignInPage): { title: string; main: View } {
  const title = needsToken ? 'Sign in' : 'Who are you?';
  const wrong = answer === null ? null : mistake(answer, needsToken);
  const token = html`<div class="field">
    <label for="token">Token</label>
    <input
      id="token"
      name="token"
      type="password"
      required
      autocomplete="current-password"
      aria-describedby=${wrong === null ? 'token-hint' : 'wrong token-hint'}
      aria-invalid=${answer?.kind === 'wrong' ? 'true' : undefined}
    />
    <small id="token-hint">The value of health.token, or of health.read_token to read alone.</small>
  </div>`;
  return {
    title,
    main: html`<div class="sign-in">
      <h1>${title}</h1>
      ${wrong === null ? null : html`<p id="wrong" class="wrong" role="alert">${wrong}</p>`}
      <form method="post" action="/sign-in">
        <input type="hidden" name="back" value=${back} />
        ${nameInput(name)} ${needsToken ? token : null}
        <button class="main">${needsToken ? 'Sign in' : 'Go on'}</button>
      </form>
    </div>`,
  };
}

/** The question before somebody's first act where no token tells who they are; `fields`: of that act. */
export function whoView(action: string, fields: URLSearchParams): { title: string; main: View } {
  return {
    title: 'Who are you?',
    main: html`<div class="sign-in">
      <h1>Who are you?</h1>
      <p>Your name stands beside what you do. It is asked once in this browser.</p>
      <form class="act-named" method="post" action=${action}>
        ${[...fields]
          .filter(([name]) => name !== nameField)
          .map(([name, value]) => html`<input type="hidden" name=${name} value=${value} />`)}
        ${nameInput('')}
        <button class="main">Go on</button>
      </form>
    </div>`,
  };
}

function nameInput(value: string) {
  return html`<div class="field">
    <label for="name">Your name</label>
    <input
      id="name"
      name=${nameField}
      value=${value}
      required
      maxlength="100"
      autocomplete="username"
      aria-describedby="name-hint"
    />
    <small id="name-hint">It stands beside what you do.</small>
  </div>`;
}

function mistake(answer: NonNullable<SignInPage['answer']>, needsToken: boolean): string {
  if (answer.kind === 'wait') return `Too many tries. Try again in ${spokenDuration(answer.ms)}.`;
  return needsToken ? 'The token is wrong, or the name is missing.' : 'The name is missing.';
}
