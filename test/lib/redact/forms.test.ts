import { expect, test } from 'vitest';
import { isWorthReading, redactForms } from '../../../src/lib/redact/forms.ts';

const a = (length: number): string => 'aB3'.repeat(length).slice(0, length);
// Put together here, so that no scanner takes this file for a leak.
const key = (kind: string, body: string): string => `-----BEGIN ${kind}KEY-----\n${body}\n-----END ${kind}KEY-----`;

const secrets: readonly (readonly [rule: string, secret: string])[] = [
  ['private_key', key('PRIVATE ', 'MIIEvQ')],
  ['private_key', key('RSA PRIVATE ', 'MIIEvQ')],
  ['private_key', key('OPENSSH PRIVATE ', 'b3BlbnNzaA')],
  ['private_key', JSON.stringify(key('EC PRIVATE ', 'MIIEvQ')).slice(1, -1)],
  ['private_key', key('PRIVATE ', 'MIIEvQ\nIBADAN').split('\n---')[0] ?? ''],
  ['jwt', `eyJhbGciOiJ9.eyJzdWIiOiJ9.${a(20)}`],
  ['aws', `AKIA${a(16).toUpperCase()}`],
  ['github', `ghp_${a(36)}`],
  ['github', `github_pat_${a(40)}`],
  ['gitlab', `glpat-${a(20)}`],
  ['slack', `xoxb-${a(10)}-${a(12)}`],
  ['model_key', `sk-ant-api03-${a(24)}`],
  ['model_key', `sk-proj-${a(24)}`],
  ['google', `AIza${a(35)}`],
  ['stripe', `sk_live_${a(24)}`],
  ['sendgrid', `SG.${a(22)}.${a(43)}`],
  ['token', `npm_${a(36)}`],
  ['token', `hvs.${a(24)}`],
  ['token', `dckr_pat_${a(24)}`],
  ['token', `whsec_${a(24)}`],
];

test.each(secrets)('GAT-4: %s stands nowhere: alone, in a sentence, in quotes, in JSON', (rule, secret) => {
  for (const text of [secret, `got ${secret}`, `key "${secret}".`, `{"v":"${secret}"}`, `(${secret})`]) {
    expect(isWorthReading(text)).toBe(true);
    const redacted = redactForms(text, (name) => `<${name}>`);
    expect(redacted).toContain(`<${rule}>`);
    expect(redacted).not.toContain(secret.slice(-8));
  }
});

test.each([
  [
    'AccountName=logs;AccountKey=abcdefghijklmnopqrstuvwx==;EndpointSuffix=x',
    'AccountName=logs;AccountKey=<azure>;EndpointSuffix=x',
  ],
  ['GET /c/b?sv=2024&sig=abcdefghijklmnop%3D&se=1', 'GET /c/b?sv=2024&sig=<signature>&se=1'],
  ['postgres://app:hunter2@db:5432/shop', 'postgres://app:<userinfo>@db:5432/shop'],
  ['redis://:hunter2@cache:6379', 'redis://:<userinfo>@cache:6379'],
  ['https://zX81kq00@git.shop/r.git', 'https://<userinfo>@git.shop/r.git'],
  ['https://zX81kq00:x-oauth-basic@git.shop/r.git', 'https://<userinfo>:<userinfo>@git.shop/r.git'],
  ['https://zX81kq00:@git.shop/r.git', 'https://<userinfo>:@git.shop/r.git'],
  [`https://app:hu'nt"er<2@git.shop/r.git`, 'https://app:<userinfo>@git.shop/r.git'],
  ['https://app:1234/5@git.shop/r.git', 'https://app:<userinfo>@git.shop/r.git'],
  ['https://to+k/en=@git.shop/r.git', 'https://<userinfo>@git.shop/r.git'],
  [String.raw`"https:\/\/app:hunter2@git.shop\/r"`, String.raw`"https:\/\/app:<userinfo>@git.shop\/r"`],
  ['GET /c?AWSAccessKeyId=abcdefgh&e=1', 'GET /c?AWSAccessKeyId=<signature>&e=1'],
  ['x;SharedAccessSignature=abcdefgh', 'x;SharedAccessSignature=<signature>'],
  ['authorization: Bearer abc.def-ghi_jkl', 'authorization: Bearer <authorization>'],
  ['Authorization: Basic YXBwOmh1bnRlcjI=', 'Authorization: Basic <authorization>'],
  ['POST https://hooks.slack.com/services/T0/B0/abcdefgh', 'POST https://hooks.slack.com/services/<slack>'],
])('GAT-4: of %j only the secret part goes', (text, expected) => {
  expect(redactForms(text, (name) => `<${name}>`)).toBe(expected);
});

test.each([
  '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  'dial tcp 10.0.0.7:5432: connect: connection refused',
  'http://cart.shop.svc:8080/health returned 503',
  'image registry.example/shop/cart@sha256:9b2c4f',
  'user@example.com wrote to //share/a:b',
  'task-force risk-assessment desk-12345678901234567890x',
  'bearer of news',
  'https://git@github.com/a/b ssh://deploy-81@git.shop/a postgres://shop_ro2@db/shop',
  'docker-pullable://registry.shop/cart-v2.17-with-a-long-name-of-an-image@sha256:9b2c4f',
  'https://app:<redacted:userinfo>@git.shop https://<redacted:userinfo>@git.shop',
  '/list?key=colour&auth=basic#key=a',
])('GAT-4: %j holds none', (text) => {
  expect(redactForms(text, (name) => `<${name}>`)).toBe(text);
});

test.each(['eyJ-', 'sk-', '://a:', '-----BEGIN PRIVATE KEY-----', 'Bearer ', 'xoxb-', 'AKIA'])(
  'GAT-4: a megabyte of %j is read in the time of its length',
  (piece) => {
    const text = piece.repeat(Math.ceil(1_000_000 / piece.length));
    expect(redactForms(text, () => '').length).toBeLessThanOrEqual(text.length);
  },
);
