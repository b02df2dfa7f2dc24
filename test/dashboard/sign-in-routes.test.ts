import { afterEach, expect, test } from 'vitest';
import { BrowserClient } from '../support/browser-client.ts';
import { HealthFixture } from '../support/health-fixture.ts';

let fixture: HealthFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

test('OPS-3: the page to sign in asks for a token only where there is one, and carries the way back', async () => {
  fixture = await HealthFixture.start({ token: () => 'a-token' });
  const page = await new BrowserClient(fixture).get('/sign-in?back=/clusters%3Fq=%22x%22');
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
  const text = await page.text();
  expect(text).toContain('<h1>Sign in</h1>');
  expect(text).toContain('name="back" value="/clusters?q=%22x%22"');
  expect(text).toContain('autocomplete="current-password"');
  await fixture.stop();
  fixture = await HealthFixture.start();
  const open = await (await new BrowserClient(fixture).get('/sign-in?back=//evil.example')).text();
  expect(open).toContain('<h1>Who are you?</h1>');
  expect(open).toContain('name="back" value="/"');
  expect(open).not.toContain('type="password"');
});

test('OPS-3: a login that fails says so beside the field, keeps the name, and never shows the token', async () => {
  fixture = await HealthFixture.start({ token: () => 'a-token' });
  const answer = await new BrowserClient(fixture).post('/sign-in', { your_name: 'a"na', token: 'guess<', back: '/x' });
  expect(answer.status).toBe(401);
  const text = await answer.text();
  expect(text).toMatch(/role="alert">The token is wrong[^]*value="a&quot;na"[^]*aria-describedby="wrong token-hint"/);
  expect(text).not.toContain('guess');
  // A file, or JSON, is no form.
  const json = await fixture.post('/sign-in', { token: 'a-token' });
  expect(json.status).toBe(415);
});
