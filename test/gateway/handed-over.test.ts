import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { runBefore } from '../support/gateway-before.ts';

describe('GAT-1: what an agent hands over', () => {
  const report = '/output/investigation.md';

  test('is its two files, with the modes of a workspace', async () => {
    const { run } = await runBefore();
    expect((await run.request('PUT', report, {}, '# Report')).status).toBe(204);
    expect((await run.request('PUT', report, {}, '# Report 2')).status).toBe(204);
    const file = path.join(run.workspace, report);
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['# Report 2', 0o600]);
  });

  test.each([
    ['PUT', '/output/other.md'],
    ['PUT', '/output/../kubeconfig'],
    ['PUT', '/output/%2e%2e/kubeconfig'],
    ['PUT', '/output/verdict.json/x'],
    ['PUT', '/output/verdict.json?x=y'],
    ['PUT', '/output/'],
    ['GET', report],
    ['DELETE', report],
    ['POST', report],
    ['PUT', '/kubeconfig'],
  ])('is nothing else: %s %s', async (method, address) => {
    const { run } = await runBefore();
    const before = readdirSync(run.workspace, { recursive: true }).length;
    const { status } = await run.request(method, address, {}, 'x');
    expect([403, 404, 405]).toContain(status);
    expect(readdirSync(run.workspace, { recursive: true }).length).toBe(before);
  });

  test('is no larger than a mebibyte', async () => {
    const { run } = await runBefore();
    const most = 1024 * 1024;
    expect((await run.request('PUT', report, {}, 'x'.repeat(most))).status).toBe(204);
    expect((await run.request('PUT', '/output/verdict.json', {}, 'x'.repeat(most + 1))).status).toBe(413);
    expect(existsSync(path.join(run.workspace, 'output/verdict.json'))).toBe(false);
  });

  test('does not go through a link', async () => {
    const { run } = await runBefore();
    const elsewhere = path.join(run.workspace, 'elsewhere');
    writeFileSync(elsewhere, 'mine');
    symlinkSync(elsewhere, path.join(run.workspace, report));
    await run.request('PUT', report, {}, 'taken over');
    expect(readFileSync(elsewhere, 'utf8')).toBe('mine');
  });
});
