import { describe, expect, test } from 'vitest';
import { agentContainers, agentImage, lacksEngine } from './agent-image.ts';

describe.skipIf(lacksEngine('the image of agents'))('the image of agents', () => {
  test('TRI-3: it is built once for the same sources, without a network', async () => {
    const tag = await agentImage();
    expect(tag).toMatch(/^nightcrier-test\/agent:[0-9a-f]{16}$/);
    expect(await agentImage()).toBe(tag);
    expect(await agentContainers()).toEqual([]);
  }, 300_000);
});
