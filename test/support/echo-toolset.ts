import { z } from 'zod';
import { define, type ToolsetParts } from '../../src/mcp/tool.ts';

/** Tools for tests of the server itself: `say` answers at once, `hold` when `release` is called, `read_log` is of class `logs`. */
export function echoToolset(): {
  readonly parts: ToolsetParts;
  readonly release: () => void;
  readonly running: () => number;
} {
  let waiting: (() => void)[] = [];
  const input = z.strictObject({ text: z.string().max(100).default('hello').describe('What to say.') });
  const output = z.object({ text: z.string() });
  const say = { toolset: 'core' as const, title: 'Say', description: 'Says it.', input, output, foreign: false };
  return {
    parts: {
      toolset: 'core',
      tools: [
        define({ ...say, name: 'say', run: async ({ text }) => ({ text }) }),
        define({ ...say, name: 'read_log', rate: 'logs', run: async ({ text }) => ({ text }) }),
        define({
          ...say,
          name: 'hold',
          run: async ({ text }, { signal }) => {
            await new Promise<void>((resolve, reject) => {
              waiting.push(resolve);
              signal.addEventListener('abort', () => reject(new Error('gone')));
            });
            return { text };
          },
        }),
      ],
    },
    release: () => {
      for (const resolve of waiting) resolve();
      waiting = [];
    },
    running: () => waiting.length,
  };
}
