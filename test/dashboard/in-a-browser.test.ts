import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { pages } from '../../src/dashboard/routes.ts';
import { startDashboard } from '../support/dashboard-fixture.ts';
import type { HealthFixture } from '../support/health-fixture.ts';
import { answeredIncident, sampleTime } from '../support/incident-samples.ts';
import { programPath } from '../support/needs.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Values of the parameters in addresses of pages. */
const values: Record<string, string> = { id: 'inc_2', name: 'prod-eu', ask: 'ask_2' };
const addresses = [
  ...Object.keys(pages).map((path) => path.replaceAll(/:(\w+)/g, (_, name: string) => values[name] ?? name)),
  '/search?q=alert+script',
  '/i/inc_2/ask?q=logs',
  '/i/inc_2/asked/ask_3',
  '/i/inc_2/asked/ask_4',
];

const axe = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
/** Chromium on two busy cores. */
const timeout = 120_000;

let browser: Browser;
let fixture: HealthFixture;

beforeAll(async () => {
  const executablePath = programPath('chromium');
  if (executablePath === null) {
    throw new Error('the pages are tested in a browser: install chromium (Debian: apt-get install chromium)');
  }
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  fixture = await startDashboard();
}, timeout);

afterAll(async () => {
  await browser?.close();
  await fixture?.stop();
});

type ContextOptions = Parameters<Browser['newContext']>[0];

/** A page whose every complaint (of its policy, of its scripts) ends up in `complaints`. */
async function open(
  options: ContextOptions = {},
): Promise<{ page: Page; complaints: string[]; context: BrowserContext }> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints, context };
}

interface Findings {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

/** What axe finds, by rule. It runs from outside of the page, whose policy holds. */
async function findings(page: Page): Promise<string[]> {
  const found = (await page.evaluate(`${axe}; axe.run(document)`)) as Findings;
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
}

/** What is wider than the window, or a target of less than 24 px (WCAG 2.2, 2.5.8), which lines of text are free of. */
async function tooLarge(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
    const small = [...document.querySelectorAll('button, input, select, summary')].filter((one) => {
      const { width, height } = one.getBoundingClientRect();
      return width > 1 && height > 1 && (width < 24 || height < 24);
    });
    return [...(wide ? ['the page scrolls sideways'] : []), ...small.map((one) => `small: ${one.outerHTML}`)];
  });
}

/** Opens the fields that are folded behind a button; gives how many there are. */
async function openFolds(page: Page): Promise<number> {
  return await page.evaluate(() => {
    const folds = [...document.querySelectorAll<HTMLDetailsElement>('form.act details')];
    for (const fold of folds) fold.open = true;
    return folds.length;
  });
}

describe.each([320, 390, 1280])('UX-21, OPS-3: at %i px', (width) => {
  test.each(['light', 'dark'] as const)(
    'every page, in %s, is good for axe, as wide as the window, and within its policy',
    async (colorScheme) => {
      const { page, complaints } = await open({ colorScheme, viewport: { width, height: 800 } });
      const bad: string[] = [];
      for (const address of [...addresses, '/sign-in', '/nothing/here']) {
        await page.goto(`${fixture.url}${address}`);
        for (const found of [...(await findings(page)), ...(await tooLarge(page))]) bad.push(`${address}: ${found}`);
        if ((await openFolds(page)) === 0) continue;
        for (const found of [...(await findings(page)), ...(await tooLarge(page))]) bad.push(`${address}: ${found}`);
      }
      expect(bad).toEqual([]);
      expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
    },
    timeout,
  );
});

test(
  'UX-21, OPS-3: without a script every page can be read, and an incident taken in hand',
  async () => {
    const { page } = await open({ javaScriptEnabled: false });
    for (const address of addresses) {
      await page.goto(`${fixture.url}${address}`);
      expect((await page.locator('main').innerText()).length).toBeGreaterThan(40);
      expect(await page.locator('h1').count()).toBe(1);
    }
    const row = page.locator('[data-incident="inc_2"]');
    await page.goto(`${fixture.url}/`);
    await row.getByRole('button', { name: /^Acknowledge/ }).click();
    await page.getByLabel('Your name').fill('ana');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('You have it in hand').waitFor();
    expect(await row.innerText()).toContain('ana has it in hand');
    await page.getByLabel('Severity').selectOption('info');
    await page.getByRole('button', { name: 'Filter' }).click();
    expect(await page.locator('[data-incident]').count()).toBe(1);
  },
  timeout,
);

test(
  'UX-21, OPS-3: everything is done by keys alone, which can be switched off',
  async () => {
    const { page } = await open();
    await page.goto(`${fixture.url}/`);
    const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
    // Down, and up again.
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    const inRow = () => page.evaluate(() => document.activeElement?.closest('[data-incident]')?.id ?? '');
    expect(await inRow()).toBe('inc_1');
    await page.keyboard.press('a');
    await page.getByLabel('Your name').waitFor();
    await page.getByLabel('Your name').focus();
    await page.keyboard.type('ben a / ?');
    await page.keyboard.press('Enter');
    await page.getByText('You have it in hand').waitFor();
    expect(fixture.reader.details[0]?.incident.acknowledged?.by).toBe('ben a / ?');

    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    expect(await findings(page)).toEqual([]);
    await page.getByLabel('Use single keys').focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.getByRole('button', { name: 'Keyboard' }).press('Enter');
    await page.getByLabel('Use single keys').press('Space');
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await page.waitForURL('**/clusters');
    await page.keyboard.press('/');
    await page.keyboard.type('prod-17');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/clusters?q=prod-17**');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/clusters/prod-17');
  },
  timeout,
);

test(
  'OPS-3: a page changes as what it shows changes, and keeps the focus and what is typed',
  async () => {
    const { page, complaints } = await open({ timezoneId: 'Asia/Tokyo' });
    await page.goto(`${fixture.url}/`);
    await page.locator('#live[data-state="live"]').waitFor();
    const time = page.locator('[data-incident="inc_3"] .since time');
    expect(await time.getAttribute('title')).toMatch(/18:00:00.*\(2026-11-20 09:00:00 UTC\)/);
    await page.getByLabel('Cluster', { exact: true }).pressSequentially('prod-e');
    const incident = answeredIncident({ id: 'inc_new', title: 'It is <new>', openedAt: sampleTime });
    fixture.reader.details = [{ incident, faults: [], runs: [] }, ...fixture.reader.details];
    fixture.events.emit('store:changed', [{ type: 'incident', cluster: 'prod-eu', incident }]);
    await page.getByText('It is <new>').first().waitFor({ timeout: 60_000 });
    await page.keyboard.type('u');
    expect(await page.getByLabel('Cluster', { exact: true }).inputValue()).toBe('prod-eu');
    await waitUntil(
      async () => /1 new incident/.test((await page.locator('#announcer').textContent()) ?? ''),
      'news',
      30_000,
    );
    expect(complaints).toEqual([]);
  },
  timeout,
);
