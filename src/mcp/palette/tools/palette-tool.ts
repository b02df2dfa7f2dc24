import { z } from 'zod';
import type { Clock } from '../../../lib/clock.ts';
import { define, type RateClass, type Tool, type ToolCall } from '../../tool.ts';
import { ToolError } from '../../tool-error.ts';
import { calls, type Asked, type CallName } from '../api/calls.ts';
import type { AskPage } from '../api/pages.ts';
import type { Palette, Palettes } from '../api/palette-api.ts';
import { listShaped, shaped } from '../api/shapes.ts';

/** What every tool of Palette is made with. */
export interface PaletteTools {
  readonly palettes: Palettes;
  readonly clock: Clock;
}

/** One call of a tool, with the Palette that it asks. */
export interface Asking {
  readonly palette: Palette;
  readonly call: ToolCall;
  /** When it began, ms since the epoch. */
  readonly now: number;
  /** An answer in its shape. @throws ToolError */
  ask<Shape extends z.ZodType>(name: CallName, asked: Asked, shape: Shape): Promise<z.output<Shape>>;
  /** Pages of a list. `asked` without the query of pages. */
  pages<Item extends z.ZodType>(name: CallName, asked: Asked, item: Item): AskPage<z.output<Item>>;
  /** What each list says of itself. */
  readonly read: { readonly as_of: string; readonly source: string };
}

/** The asking of a call. @throws ToolError `unauthenticated`; `forbidden` for callers that may see one cluster only */
export function askingOf({ palettes, clock }: PaletteTools, call: ToolCall): Asking {
  if (call.onlyCluster !== null) {
    const fix = 'Use the Kubernetes tools for the cluster of this run.';
    throw new ToolError('forbidden', 'Palette shows a whole fleet, and this caller may see one cluster', fix);
  }
  const palette = palettes.now();
  const now = clock.now();
  const shown = (name: CallName): string => `${calls[name].method} ${calls[name].path}`;
  return {
    palette,
    call,
    now,
    ask: async (name, asked, shape) => shaped(shape, await palette.ask(name, asked, call.signal), shown(name)),
    pages: (name, asked, item) => async (query) =>
      listShaped(item, await palette.ask(name, { ...asked, query }, call.signal), shown(name)),
    read: { as_of: new Date(now).toISOString(), source: palette.source },
  };
}

interface PaletteToolDefinition<Input extends z.ZodObject, Output extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  readonly rate?: RateClass;
  /** List of the output that is cut when it is too large. */
  readonly cut?: string;
  readonly run: (args: z.output<Input>, asking: Asking) => Promise<z.input<Output>>;
}

/**
 * Makes a tool that asks Palette: its result says whether it is of the demo fleet, and one call asks one of both. Its
 * name belongs to other toolsets, too, so among all it has another.
 */
export function definePalette<Input extends z.ZodObject, Output extends z.ZodObject>(
  { run, cut, output, ...definition }: PaletteToolDefinition<Input, Output>,
  tools: PaletteTools,
): Tool {
  return define({
    ...definition,
    toolset: 'palette',
    nameAmongAll: `palette_${definition.name}`,
    audiences: ['assistant', 'operator'],
    cut: cut === undefined ? null : { list: cut, from: 'end' },
    output: output.extend({ demo: z.boolean().describe('True: all of it is the demo fleet, nothing is real.') }),
    run: async (args, call) => {
      const asking = askingOf(tools, call);
      const result = await run(args, asking);
      return { ...result, demo: asking.palette.demo };
    },
  });
}
