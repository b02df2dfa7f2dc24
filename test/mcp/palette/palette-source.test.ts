import { expect, test } from 'vitest';
import type { ToolError } from '../../../src/mcp/tool-error.ts';
import { callTool } from '../../support/call-tool.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { paletteKey, PaletteServer } from '../../support/palette-server.ts';
import { paletteTools } from '../../support/palette-tools.ts';

test('palette.demo: false without a key is an error with a fix; true is the demo beside a key (PAL-5)', async () => {
  const server = await PaletteServer.start();
  const parts = paletteTools(server, { settings: { demo: true } });
  expect(await callTool(parts.tools, 'list_clusters')).toMatchObject({ demo: true, source: 'palette-demo' });
  expect(server.calls).toEqual([]);
  parts.configure({ demo: false });
  expect(parts.isDemo()).toBeNull();
  const error = await callTool(parts.tools, 'list_clusters').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'unauthenticated',
    message: 'palette.api_key is not set, and palette.demo is false',
  });
  expect((error as ToolError).fix.steps).toHaveLength(2);
});

test('a new configuration holds from the next call on', async () => {
  const server = await PaletteServer.start();
  const parts = paletteTools(null);
  expect(await callTool(parts.tools, 'list_clusters')).toMatchObject({ demo: true });
  parts.configure({ api_key: paletteKey, endpoint: server.url });
  expect(await callTool(parts.tools, 'list_clusters')).toMatchObject({
    demo: false,
    source: `127.0.0.1:${server.port}`,
  });
  parts.configure({ api_key: 'another-key-3141', endpoint: server.url });
  await expect(callTool(parts.tools, 'list_clusters')).rejects.toMatchObject({ code: 'unauthenticated' });
});

test('what is under way when the settings change gets its answer; they begin no new count of calls (PAL-4)', async () => {
  const server = await PaletteServer.start();
  const clock = new ManualClock();
  const parts = paletteTools(server, { clock });
  const waiting = Array.from({ length: 10 }, () => callTool(parts.tools, 'list_clusters', { limit: 1 }));
  parts.configure({ api_key: paletteKey, endpoint: `${server.url}/` });
  const last = callTool(parts.tools, 'list_clusters', { limit: 1 });
  expect(await Promise.all(waiting)).toHaveLength(10);
  expect(server.calls).toHaveLength(10);
  await clock.advance(1000);
  expect(await last).toMatchObject({ demo: false });
  expect(server.calls).toHaveLength(11);
});
