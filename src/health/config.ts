import { z } from 'zod';

/** Where the HTTP server listens when nothing else is said. */
export const defaultHealthPort = 8080;

export const healthSchema = z
  .strictObject({
    host: z.string().default('127.0.0.1').describe('Address to listen on.'),
    port: z.int().min(0).max(65_535).default(defaultHealthPort).describe('0 turns it off.'),
    token: z
      .string()
      .optional()
      .describe('Everything but live and ready then needs Authorization: Bearer.')
      .meta({ writeOnly: true }),
    public_url: z
      .url()
      .optional()
      .describe('Where people reach this; without it messages carry a path and no buttons.'),
  })
  .describe('The HTTP server of health, metrics and the read API.');
