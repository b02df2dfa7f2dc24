import { expect, test } from 'vitest';
import { callTool, toolCall } from '../../support/call-tool.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { clusterCount, profileCount } from '../../support/palette-fleet.ts';
import { paletteKey, PaletteServer } from '../../support/palette-server.ts';
import { paletteTools } from '../../support/palette-tools.ts';

interface Summary {
  readonly demo: boolean;
  readonly as_of: string;
  readonly items: readonly { readonly name: string }[];
  readonly truncated: boolean;
}

function reading(parts: ReturnType<typeof paletteTools>) {
  return async (uri: string): Promise<Summary> => {
    const resource = parts.resources?.().find((one) => one.uri === uri);
    return JSON.parse((await resource?.read({}, toolCall())) ?? 'null') as Summary;
  };
}

test('summaries hold all that the lists hold (PAL-3)', async () => {
  const parts = paletteTools(await PaletteServer.start());
  const read = reading(parts);
  const clusters = await read('palette://clusters');
  expect(clusters).toMatchObject({ demo: false, truncated: false, items: { length: clusterCount } });
  expect(clusters.items).toEqual((await callTool(parts.tools, 'list_clusters', { limit: 500 }))['items']);
  const profiles = await read('palette://profiles');
  expect(profiles).toMatchObject({ demo: false, truncated: false, items: { length: profileCount } });
  expect(profiles.items).toEqual((await callTool(parts.tools, 'list_cluster_profiles', { limit: 500 }))['items']);
});

test('a summary is kept for a minute, a failure is not', async () => {
  const server = await PaletteServer.start();
  const clock = new ManualClock();
  const read = reading(paletteTools(server, { clock }));
  server.failNext({ status: 500 });
  await expect(read('palette://clusters')).rejects.toMatchObject({ code: 'upstream_unavailable' });
  const first = await read('palette://clusters');
  const asked = server.calls.length;
  await clock.advance(59_999);
  expect(await read('palette://clusters')).toEqual(first);
  expect(server.calls).toHaveLength(asked);
  await clock.advance(1);
  expect((await read('palette://clusters')).as_of).not.toBe(first.as_of);
  expect(server.calls.length).toBeGreaterThan(asked);
});

test('what is kept of the demo is not given as real, nor the other way round (PAL-5)', async () => {
  const server = await PaletteServer.start();
  const parts = paletteTools(null);
  const read = reading(parts);
  expect((await read('palette://clusters')).items).toHaveLength(4);
  parts.configure({ api_key: paletteKey, endpoint: server.url });
  expect(await read('palette://clusters')).toMatchObject({ demo: false, items: { length: clusterCount } });
  parts.configure({});
  expect(await read('palette://clusters')).toMatchObject({ demo: true, items: { length: 4 } });
});
