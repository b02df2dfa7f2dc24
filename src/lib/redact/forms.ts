import { isHarmless, isSecretName } from './names.ts';
import { isUserName, mayHoldUserinfo, replaceUrlCredentials } from './urls.ts';

interface Rule {
  readonly name: string;
  readonly pattern: RegExp;
  /** Which group is the secret; the whole match by default. */
  readonly group?: number;
  /** It may go over several lines. */
  readonly spans?: true;
}

/**
 * Forms that are a secret wherever they stand. Each has a prefix or a frame that nothing else has, and starts only where
 * its run of characters starts, so that no text takes longer than its length.
 */
const forms: readonly Rule[] = [
  {
    name: 'private_key',
    spans: true,
    pattern:
      /-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----BEGIN)[\s\S]){0,16384}?-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----/g,
  },
  {
    // Cut off before its end.
    name: 'private_key',
    spans: true,
    pattern: /-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\r\n\\]*/g,
  },
  {
    // Cut off after its start, as the end of a log is.
    name: 'private_key',
    spans: true,
    pattern:
      /(?<![A-Za-z0-9+/=\r\n\\])[A-Za-z0-9+/=\r\n\\]{1,16384}-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----/g,
  },
  { name: 'jwt', pattern: /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g },
  { name: 'aws', pattern: /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/g },
  { name: 'github', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{30,255})/g },
  { name: 'gitlab', pattern: /(?<![\w-])gl(?:pat|ptt|rt|dt|cbt|oas)-[\w-]{16,}/g },
  { name: 'slack', pattern: /(?<![\w-])(?:xox[a-z]|xapp)-[A-Za-z0-9-]{10,}/g },
  { name: 'slack', pattern: /(hooks\.slack\.com\/(?:services|workflows|triggers)\/)([\w/+-]{12,})/g, group: 2 },
  { name: 'model_key', pattern: /(?<![\w-])sk-[\w-]{20,}/g },
  { name: 'google', pattern: /(?<![\w-])(?:AIza[\w-]{35}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,})/g },
  { name: 'stripe', pattern: /\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}/g },
  { name: 'sendgrid', pattern: /(?<![\w-])SG\.[\w-]{16,}\.[\w-]{16,}/g },
  {
    name: 'token',
    pattern:
      /(?<![\w-])(?:npm_[A-Za-z0-9]{36}|pypi-[\w-]{32,}|dckr_pat_[\w-]{20,}|hv[sbr]\.[\w-]{20,}|dop_v1_[a-f0-9]{64}|whsec_[\w+/=-]{20,}|lin_api_\w{32,}|tskey-[\w-]{16,}|glsa_\w{32,}|shp(?:at|ss|ca|pa)_[a-fA-F0-9]{32}|AGE-SECRET-KEY-1[A-Z0-9]{40,})/g,
  },
  { name: 'azure', pattern: /\b(AccountKey=|SharedAccessKey=|SharedSecretValue=)([\w+/=]{20,})/g, group: 2 },
  // The credentials of a registry, user and password in base64.
  { name: 'registry', pattern: /("_?auth\\{0,3}"\s{0,8}:\s{0,8}\\{0,3}")([A-Za-z0-9+/]{8,}={0,2})/g, group: 2 },
  { name: 'authorization', pattern: /\b(Bearer\s{1,8})([\w.~+/-]{12,}=*)/gi, group: 2 },
  {
    name: 'authorization',
    pattern: /\b(Authorization["']?\s{0,8}[:=]\s{0,8}["']?(?:Basic|Digest|Token|ApiKey)\s{1,8})([^\s"',]{6,})/gi,
    group: 2,
  },
];

/** What is worth a closer look; most text has none of it. */
const worth =
  /-----BEGIN|eyJ|A[KSBC][IC]A[A-Z0-9]|gh[pousr]_|github_pat_|gl(?:pat|ptt|rt|dt|cbt|oas|sa)|xox|xapp-|hooks\.slack|sk[-_]|rk_|AIza|ya29|GOCSPX|SG\.|npm_|pypi-|dckr_|hv[sbr]\.|dop_|whsec_|lin_api|tskey|shp|AGE-S|sig(?:nature)?=|bearer|auth|pass|pwd|secret|token|key|credential/i;

/** Replaces each secret that has its form; `replacement` is told the name of the rule. */
export function redactForms(text: string, replacement: (rule: string) => string): string {
  const formed = forms.reduce(
    (rest, { name, pattern, group }) => replaceEnd(rest, pattern, group ?? 0, () => replacement(name)),
    text,
  );
  return replaceUrlCredentials(formed, {
    userinfo: (user, password, scheme) => {
      const shown = user === '' || isUserName(user, scheme) ? user : replacement('userinfo');
      if (password === null) return `${shown}@`;
      return `${shown}:${password === '' || isReplaced(password) ? password : replacement('userinfo')}@`;
    },
    value: (name, value) => (isSecretValue(name, value) ? replacement('signature') : value),
  });
}

function isReplaced(value: string): boolean {
  return /^<redacted:\w+>$/.test(value);
}

/** What has the name of a secret is found by that; other names also stand for what is none. */
function isSecretValue(name: string, value: string): boolean {
  if (isSecretName(name) || isHarmless(value)) return false;
  if (/^(?:key|auth)$/i.test(name)) return value.length >= 12 && /[0-9]/.test(value) && /[a-z]/i.test(value);
  return value.length >= 8;
}

/**
 * Replaces only what may go over several lines; `replacement` is told the name of the rule, and what it stands for.
 */
export function redactSpanning(text: string, replacement: (rule: string, secret: string) => string): string {
  return forms
    .filter(({ spans }) => spans === true)
    .reduce((rest, { name, pattern }) => rest.replace(pattern, (secret) => replacement(name, secret)), text);
}

/** Whether a text may hold a secret of any form or name: the quick look before the long one. */
export function isWorthReading(text: string): boolean {
  return worth.test(text) || mayHoldUserinfo(text);
}

/** Replaces the group of each match that is its end (0: the whole match). */
function replaceEnd(text: string, pattern: RegExp, group: number, replacement: () => string): string {
  return text.replace(pattern, (...match: unknown[]) => {
    const [whole, secret] = [match[0] as string, match[group] as string];
    return whole.slice(0, whole.length - secret.length) + replacement();
  });
}
