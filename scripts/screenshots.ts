/*
 * Takes the pictures of docs/images: every page, narrow and wide, light and dark, over the demo and over a large state.
 * Usage: node scripts/screenshots.ts [demo] [large]; needs chromium on PATH.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { startLargeDaemon } from '../bench/large-daemon.ts';
import { CliProcess } from '../test/support/cli-process.ts';
import { programPath } from '../test/support/needs.ts';
import { waitUntil } from '../test/support/wait-until.ts';

/** Something that serves the pages. */
interface Served {
  readonly url: string;
  close(): Promise<void>;
}

const folder = path.join(import.meta.dirname, '..', 'docs', 'images');
const sizes = [
  { width: 390, height: 844 },
  { width: 1280, height: 800 },
] as const;
const schemes = ['light', 'dark'] as const;
/** How much of a long page is shown, px. */
const longest = { 390: 1400, 1280: 1000 } as const;
/** Of WebP, 0 to 100: text stays clear, a picture is 10 to 40 KiB. */
const quality = 40;

const states: Readonly<Record<string, () => Promise<Served>>> = { demo: startDemo, large: startLarge };

mkdirSync(folder, { recursive: true });
const wanted = process.argv.slice(2);
const executablePath = programPath('chromium') ?? undefined;
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
try {
  for (const [name, start] of Object.entries(states)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const served = await start();
    try {
      await takeAll(browser, name, served.url);
    } finally {
      await served.close();
    }
  }
} finally {
  await browser.close();
}

async function takeAll(browserOfAll: Browser, state: string, url: string): Promise<void> {
  const pages = await pagesOf(browserOfAll, url);
  for (const viewport of sizes) {
    for (const colorScheme of schemes) {
      const context = await browserOfAll.newContext({
        viewport,
        colorScheme,
        timezoneId: 'Europe/Berlin',
        locale: 'en-GB',
      });
      const page = await context.newPage();
      for (const [name, address] of Object.entries(pages)) {
        await page.goto(new URL(address, url).href);
        const file = `${name}-${state}-${viewport.width}-${colorScheme}.webp`;
        writeFileSync(path.join(folder, file), await picture(page, viewport.width));
        process.stdout.write(`${file}\n`);
      }
      await context.close();
    }
  }
}

/** Each page by its name; the incident is the first that Now names, the cluster that of the incident. */
async function pagesOf(browserOfAll: Browser, url: string): Promise<Record<string, string>> {
  const page = await browserOfAll.newPage();
  try {
    await page.goto(url);
    const incident = await firstLink(page, 'a[href^="/i/"]');
    await page.goto(new URL(incident, url).href);
    // Of the demo there is none: it has no agent.
    const [asked] = await page.locator('a[href*="/asked/"]').all();
    const question = (await asked?.getAttribute('href')) ?? null;
    await page.goto(new URL('/clusters', url).href);
    const cluster = await firstLink(page, 'main a[href^="/clusters/"]');
    return {
      now: '/',
      incident,
      ask: `${incident}/ask?q=Why%3F`,
      ...(question === null ? {} : { asked: question }),
      clusters: '/clusters',
      cluster,
      'not-told': '/not-told',
      silences: '/silences',
      search: '/search?q=checkout',
    };
  } finally {
    await page.close();
  }
}

async function firstLink(page: Page, selector: string): Promise<string> {
  const href = await page.locator(selector).first().getAttribute('href');
  if (href === null) throw new Error(`${page.url()} has no ${selector}`);
  return href;
}

async function picture(page: Page, width: keyof typeof longest): Promise<Buffer> {
  const session = await page.context().newCDPSession(page);
  const whole = await page.evaluate('document.documentElement.scrollHeight');
  const height = Math.min(Number(whole), longest[width]);
  const { data } = await session.send('Page.captureScreenshot', {
    format: 'webp',
    quality,
    captureBeyondViewport: true,
    clip: { x: 0, y: 0, width, height, scale: 1 },
  });
  await session.detach();
  return Buffer.from(data, 'base64');
}

/** A fleet of a thousand clusters after a bad morning. */
async function startLarge(): Promise<Served> {
  const { daemon, stop } = await startLargeDaemon();
  return { url: daemon.url, close: stop };
}

/** The demo as people start it, when all of its faults have their answers. */
async function startDemo(): Promise<Served> {
  const temporary = mkdtempSync(path.join(os.tmpdir(), 'nightcrier-screenshots-'));
  const env = { PATH: process.env['PATH'] ?? '', HOME: temporary };
  const demo = new CliProcess(['demo'], { env });
  const close = async (): Promise<void> => {
    demo.send('SIGINT');
    await demo.end().finally(() => demo.kill());
    rmSync(temporary, { recursive: true, force: true });
  };
  try {
    await waitUntil(() => demo.err.includes('until Ctrl-C'), 'the end of the script of the demo', 120_000);
    const url = /http:\/\/(127\.0\.0\.1|localhost):\d+/.exec(demo.err)?.[0];
    if (url === undefined) throw new Error(`the demo names no address: ${demo.err}`);
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}
