import { type Browser, chromium, type Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import type { Silence } from '../../src/domain/fault.ts';
import type { HealthServerOptions } from '../../src/health/health-server-options.ts';
import { startDashboard } from '../support/dashboard-fixture.ts';
import { answeredIncident } from '../support/incident-samples.ts';
import { programPath } from '../support/needs.ts';
import { verdictSample } from '../support/report-sample.ts';
import { sampleSilence } from '../support/sample-silence.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Chromium on two busy cores. */
const timeout = 120_000;

/** What was asked for, one after the other. */
const asked: string[] = [];

/** What is silenced. */
let kept: Silence[] = [];

const over: Partial<HealthServerOptions> = {
  orders: {
    orderIncident: async (id, { kind, by, comment }) => {
      asked.push(`${kind} ${id} by ${by}: ${comment}`);
      return { kind: 'done', incident: answeredIncident({ id }), run: null };
    },
    giveFeedback: async (incidentId, feedback, at) => {
      asked.push(`${feedback.rating} ${incidentId} by ${feedback.by}: ${feedback.comment}`);
      return { id: 'fb_1', incidentId, runId: null, at, ...feedback };
    },
  },
  silences: {
    addSilence: async (silence) => {
      asked.push(`silence by ${silence.author}: ${silence.comment}`);
      return { kind: 'made', silence: sampleSilence() };
    },
    endSilence: async (id, by) => {
      asked.push(`end ${id} by ${by}`);
      return { kind: 'ended', silence: sampleSilence() };
    },
    silences: async () => kept,
    fitting: async () => 1,
  },
};

/** Goes on with Tab to what has this text, name or value. @throws Error when it is not reached */
async function tabTo(page: Page, wanted: string | RegExp): Promise<void> {
  for (let steps = 0; steps < 200; steps += 1) {
    await page.keyboard.press('Tab');
    const name = await page.evaluate(() => {
      const one = document.activeElement as HTMLInputElement | null;
      const label = one?.labels?.[0]?.textContent ?? one?.getAttribute('aria-label') ?? '';
      return `${one?.tagName === 'SELECT' ? '' : (one?.textContent ?? '')} ${label}`.replaceAll(/\s+/g, ' ').trim();
    });
    if (typeof wanted === 'string' ? name === wanted : wanted.test(name)) return;
  }
  throw new Error(`no way by Tab to ${wanted}`);
}

/** Presses what has this name, and waits until something was asked for. */
async function act(page: Page, name: string | RegExp): Promise<void> {
  const before = asked.length;
  await tabTo(page, name);
  await page.keyboard.press('Enter');
  await waitUntil(() => asked.length > before, `what ${name} asks for`, 30_000);
  await page.locator('.said').waitFor();
}

/** A browser that is closed when the test ends. */
async function openBrowser(): Promise<Browser> {
  const executablePath = programPath('chromium');
  if (executablePath === null) {
    throw new Error('the pages are tested in a browser: install chromium (Debian: apt-get install chromium)');
  }
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  onTestFinished(() => browser.close());
  return browser;
}

test(
  'UX-21, OPS-3: each act is done with Tab, Enter and letters alone',
  async () => {
    const browser = await openBrowser();
    const fixture = await startDashboard({ over });
    onTestFinished(() => fixture.stop());
    const { cluster } = answeredIncident({ id: 'inc_1' });
    fixture.files.set(`${cluster}/inc_1/verdict.json`, JSON.stringify(verdictSample()));
    const page = await browser.newPage();
    const incident = `${fixture.url}/i/inc_1`;

    await page.goto(incident);
    await tabTo(page, 'Run again');
    await page.keyboard.press('Enter');
    // Nobody has said a name yet: it is asked for once.
    await page.getByLabel('Your name').waitFor();
    await tabTo(page, /^Your name/);
    await page.keyboard.type('cy');
    await page.keyboard.press('Enter');
    await waitUntil(() => asked.length === 1, 'the first act', 30_000);
    await page.locator('.said').waitFor();
    for (const name of ['Acknowledge', 'Silence', 'Resolve']) {
      await page.goto(incident);
      const field = page.getByLabel(`${name}: comment`);
      // Few say something with the others: their fields take no room before.
      const isShown = name === 'Acknowledge';
      expect(await field.isVisible()).toBe(isShown);
      if (!isShown) {
        await tabTo(page, `${name} with a comment`);
        await page.keyboard.press('Enter');
      }
      await tabTo(page, `${name}: comment`);
      await page.keyboard.type(`${name} it`);
      await act(page, name);
      // What was said does not wait to be said again.
      expect(await field.inputValue()).toBe('');
    }
    for (const name of [/^Right/, /^Wrong/]) {
      await page.goto(incident);
      await act(page, name);
    }
    kept = [sampleSilence()];
    await page.goto(`${fixture.url}/silences`);
    await act(page, /^End now/);
    await page.goto(`${fixture.url}/silences`);
    await tabTo(page, /^What: all/);
    await page.keyboard.type('namespace=dev');
    await tabTo(page, /^Why/);
    await page.keyboard.type('a move');
    await act(page, 'Silence');
    expect(asked).toEqual([
      'rerun inc_1 by cy: ',
      'ack inc_1 by cy: Acknowledge it',
      'silence by cy: Silence it',
      'resolve inc_1 by cy: Resolve it',
      'right inc_1 by cy: ',
      'wrong inc_1 by cy: ',
      `end ${sampleSilence().id} by cy`,
      'silence by cy: a move',
    ]);
  },
  timeout,
);

test(
  'UX-21, INT-6: without a script an act takes one press, and what is said with it is folded behind its button',
  async () => {
    const browser = await openBrowser();
    const fixture = await startDashboard({ over });
    onTestFinished(() => fixture.stop());
    kept = [];
    asked.length = 0;
    const page = await browser.newPage({ javaScriptEnabled: false, viewport: { width: 390, height: 800 } });
    const acts = page.getByRole('group', { name: 'Acts' });
    await page.goto(`${fixture.url}/i/inc_1`);
    await acts.getByRole('button', { name: 'Run again' }).click();
    await page.getByLabel('Your name').fill('cy');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.locator('.said').waitFor();
    for (const name of ['Silence', 'Run again', 'Resolve']) {
      await page.goto(`${fixture.url}/i/inc_1`);
      expect(await acts.getByRole('textbox').count()).toBe(0);
      await acts.getByText(`${name} with a comment`).click();
      await acts.getByRole('textbox', { name: `${name}: comment` }).fill('known');
      await acts.getByRole('button', { name }).click();
      await page.locator('.said').waitFor();
    }
    expect(asked).toEqual([
      'rerun inc_1 by cy: ',
      'silence by cy: known',
      'rerun inc_1 by cy: known',
      'resolve inc_1 by cy: known',
    ]);
  },
  timeout,
);
