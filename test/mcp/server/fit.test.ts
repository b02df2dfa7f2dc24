import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fit } from '../../../src/mcp/server/fit.ts';
import { ToolError } from '../../../src/mcp/tool-error.ts';

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
const noPages = { cut: null, cursorAfter: null };

/** How large it became, or the code with which it could not. */
function fitted(data: Record<string, unknown>, maxBytes: number): number | string {
  try {
    return bytesOf(fit(data, { maxBytes, ...noPages }));
  } catch (error) {
    if (error instanceof ToolError) return error.code;
    throw error;
  }
}

describe('a result that fits', () => {
  test('what fits is the same object', () => {
    const data = { items: [1, 2, 3] };
    expect(fit(data, { maxBytes: 100, ...noPages })).toBe(data);
  });

  test('MCP-6: whatever its form, it fits or says that it cannot', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 5, maxKeys: 6 }), fc.integer({ min: 600, max: 4000 }), (data, maxBytes) => {
        const large = { ...data, items: Array.from({ length: 50 }, () => data), lines: ['x'.repeat(500), 'y'] };
        const bytes = fitted(large, maxBytes);
        expect(typeof bytes === 'string' ? bytes === 'too_large' : bytes <= maxBytes).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('MCP-6: lines of a log are cut at their start, and it says how many', () => {
    const lines = Array.from({ length: 1000 }, (_, n) => `line ${n}`);
    const data = {
      containers: [
        { container: 'app', lines },
        { container: 'other', lines: ['one'] },
      ],
    };
    const cut = { list: 'lines', from: 'start' } as const;
    const result = fit(data, { maxBytes: 4000, cut, cursorAfter: null });
    const [app, other] = result['containers'] as { lines: string[] }[];
    expect(app?.lines.at(-1)).toBe('line 999');
    expect(app?.lines.length).toBeGreaterThan(100);
    expect(other?.lines).toEqual(['one']);
    expect(result).toMatchObject({
      truncated: true,
      truncated_reason: expect.stringMatching(/^\d+ of 1000 containers\.0\.lines at the start were left out/),
    });
  });

  test('of the only item of a list what is in it is cut', () => {
    const data = { issues: [{ name: 'one', events: Array.from({ length: 500 }, (_, n) => `event ${n}`) }] };
    const [issue] = fit(data, { maxBytes: 2000, ...noPages })['issues'] as { name: string; events: string[] }[];
    expect(issue?.name).toBe('one');
    expect(issue?.events.length).toBeGreaterThan(50);
  });

  test('a page goes on after what it gave; an item that is too large by itself is passed over', () => {
    const items = Array.from({ length: 100 }, (_, n) => ({ n, text: 'x'.repeat(50) }));
    const options = { cut: null, cursorAfter: (given: number) => `after ${given}` };
    const result = fit({ items, truncated: false }, { maxBytes: 3000, ...options });
    const given = (result['items'] as unknown[]).length;
    expect(result).toMatchObject({ truncated: true, next_cursor: `after ${given}` });
    const passed = fit(
      { items: [{ text: 'x'.repeat(5000) }, { text: 'y' }], truncated: false },
      { maxBytes: 3000, ...options },
    );
    expect(passed).toMatchObject({
      items: [],
      next_cursor: 'after 1',
      truncated_reason: expect.stringContaining('passed over'),
    });
  });
});
