/** Why a call of a tool gives no result: a closed list, for programs. */
export const toolErrorCodes = [
  'invalid_argument',
  'unknown_cluster',
  'not_found',
  'forbidden',
  'unauthenticated',
  'suspended',
  'conflict',
  'timeout',
  'cancelled',
  'rate_limited',
  'too_large',
  'upstream_unavailable',
  'not_installed',
  'not_logged_in',
  'incompatible_version',
  'policy_denied',
  'approval_required',
  'approval_expired',
  'approval_denied',
  'demo_only',
  'internal',
] as const;
export type ToolErrorCode = (typeof toolErrorCodes)[number];

/** What to do about it: a command that can be run as it stands, when there is one, and steps in plain sentences. */
export interface ToolFix {
  readonly command?: string;
  readonly steps: readonly string[];
}

interface ToolErrorOptions extends ErrorOptions {
  /** Whether the same call may work later without anybody changing something. Default: by the code. */
  readonly retryable?: boolean;
  readonly retryAfterS?: number;
}

const retryable = new Set<ToolErrorCode>(['timeout', 'rate_limited', 'upstream_unavailable', 'conflict']);

/** A call of a tool that gives no result: one sentence, a code and what to do. */
export class ToolError extends Error {
  readonly code: ToolErrorCode;
  readonly fix: ToolFix;
  readonly retryable: boolean;
  /** Seconds; null when nothing says when. */
  readonly retryAfterS: number | null;

  constructor(code: ToolErrorCode, message: string, fix: ToolFix | string, options: ToolErrorOptions = {}) {
    super(message, options);
    this.name = 'ToolError';
    this.code = code;
    this.fix = typeof fix === 'string' ? { steps: [fix] } : fix;
    this.retryable = options.retryable ?? retryable.has(code);
    this.retryAfterS = options.retryAfterS ?? null;
  }
}
