import { z } from 'zod';

export const workflowsSchema = z
  .strictObject({
    paths: z
      .array(z.string().min(1))
      .max(20)
      .default([])
      .describe('Markdown files with a registry of workflows (docs/workflows.md), such as META-WORKFLOWS.md.')
      .meta({ examples: [['META-WORKFLOWS.md']] }),
    shipped: z.boolean().default(true).describe('Also the workflows that come with the program, MW-901 and following.'),
  })
  .describe('Workflows that assistants find at the MCP server: what to do, step by step, when a person says so.');
