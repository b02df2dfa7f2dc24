/** Headers of a page: our own files alone, nothing inside it runs; forms say to this server where they come from. */
export const pageHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  // Without it a form of ours comes with the origin `null` (Fetch Standard, "append a request Origin header").
  'referrer-policy': 'same-origin',
} as const;
