import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { htmlPage } from '../../src/lib/page.ts';
import { createAzureArtifacts } from '../../src/storage/artifacts/azure-blob.ts';
import { Azurite } from '../support/azurite.ts';
import { lacks, programPath } from '../support/needs.ts';
import { file } from './artifact-store.contract.ts';

const signal = new AbortController().signal;

/** Somebody to whom a page of ours must not talk; gives its address and what it was asked. */
async function eavesdropper(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function openPage() {
  const executablePath = programPath('chromium') ?? '';
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  onTestFinished(() => browser.close());
  return browser.newPage();
}

test.skipIf(lacks('reports in a browser', 'chromium'))(
  'STO-1, STO-2: a signed link opens the report in a browser, its policy holds there, and the links inside work',
  async () => {
    const azurite = await Azurite.start();
    onTestFinished(() => azurite.stop());
    const access = { kind: 'connection_string', connectionString: azurite.connectionString } as const;
    const options = { container: 'reports', createContainer: true, expiryMs: 3_600_000, clock: systemClock };
    const store = createAzureArtifacts({ access, ...options });
    const other = await eavesdropper();
    const hostile = `<h1>Cause</h1><img src="${other.url}/img"><script>document.title = 'ran'; fetch('${other.url}/js')</script>`;
    const content = htmlPage({ title: 'The report', style: 'h1 { color: rgb(1, 2, 3); }', body: hostile });
    const report = { path: 'investigation.html', content, contentType: 'text/html; charset=utf-8' };
    const stored = await store.put('prod', 'inc_1', [report, file('evidence/a b.log', 'lines')], signal);

    const page = await openPage();
    const refusals: string[] = [];
    page.on('console', (message) => void refusals.push(message.text()));
    await page.goto(await store.link(stored.report));
    expect(await page.title()).toBe('The report');
    expect(await page.evaluate('getComputedStyle(document.querySelector("h1")).color')).toBe('rgb(1, 2, 3)');
    expect(refusals.join('\n')).toMatch(/Content Security Policy/);

    await page.goto(await store.link(stored.index));
    await page.getByRole('link', { name: 'evidence/a b.log' }).click();
    expect(await page.locator('body').textContent()).toBe('lines');
    await page.goBack();
    await page.getByRole('link', { name: 'investigation.html' }).click();
    expect(await page.title()).toBe('The report');
    expect(other.asked).toEqual([]);
  },
  90_000,
);
