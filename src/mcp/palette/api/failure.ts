import { errorText } from '../../../lib/problem.ts';
import { oneLine } from '../../../lib/text.ts';
import { ToolError, type ToolErrorCode } from '../../tool-error.ts';

/** An answer that is no success. */
export interface FailedAnswer {
  readonly status: number;
  /** The beginning of its body, without secrets. */
  readonly text: string;
  /** What it was asked, without query. */
  readonly asked: string;
  /** When Palette wants to be asked again, ms; it mostly does not say. */
  readonly retryAfterMs: number | null;
}

/** The error of a tool for an answer that is no success, by its status. */
export function answerFailure({ status, text, asked, retryAfterMs }: FailedAnswer): ToolError {
  const code = codeOf(status);
  const after = code === 'rate_limited' ? { retryAfterS: Math.ceil((retryAfterMs ?? 1000) / 1000) } : {};
  return new ToolError(code, `Palette answered ${status} to ${asked}${saidIn(text)}`, fixes[code], after);
}

type FailureCode = Extract<
  ToolErrorCode,
  'unauthenticated' | 'forbidden' | 'not_found' | 'rate_limited' | 'upstream_unavailable' | 'invalid_argument'
>;

function codeOf(status: number): FailureCode {
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 429) return 'rate_limited';
  return status >= 400 && status < 500 && status !== 408 ? 'invalid_argument' : 'upstream_unavailable';
}

const fixes: Readonly<Record<FailureCode, string>> = {
  unauthenticated: 'Set palette.api_key to a valid API key: Palette has refused this one, or it has expired.',
  forbidden:
    'Give the user of palette.api_key a role that may read this, and set palette.project_uid to the project where it is.',
  not_found:
    'Take a uid or name from palette_list_clusters or palette_list_cluster_profiles; palette.project_uid says which project is seen.',
  rate_limited: 'Ask again after a moment: other programs at this address ask Palette, too.',
  upstream_unavailable: 'Ask again later; palette.endpoint says who was asked.',
  invalid_argument: 'Correct the argument that Palette names; without cursor a list begins anew.',
};

/** Palette's own words: `{code, message, details, ref}`. */
function saidIn(text: string): string {
  try {
    const parsed = JSON.parse(text) as { code?: unknown; message?: unknown } | null;
    const words = [parsed?.message, parsed?.code].filter((part) => typeof part === 'string' && part !== '');
    return words.length === 0 ? '' : `: ${oneLine(words.join(' (') + (words.length > 1 ? ')' : ''), 300)}`;
  } catch {
    // A page of HTML, mostly: of a proxy, or of an address that is no Palette.
    return '';
  }
}

/** The error for a request that got no answer. */
export function networkFailure(error: unknown): ToolError {
  const text = errorText(error);
  const fix = /certificate|self.signed|CERT_/i.test(text)
    ? 'Set palette.ca_file to the certificate authority of this Palette.'
    : 'Check palette.endpoint, and the proxies that the environment names, from this machine.';
  return new ToolError('upstream_unavailable', `Palette cannot be reached: ${oneLine(text, 300)}`, fix, {
    cause: error,
  });
}

/** The error for an answer that is not what the API documents. */
export function shapeFailure(asked: string, what: string): ToolError {
  return new ToolError(
    'upstream_unavailable',
    `Palette's answer to ${asked} is not as its API says: ${oneLine(what, 200)}`,
    'Check that palette.endpoint is a Palette of version 4.',
  );
}
