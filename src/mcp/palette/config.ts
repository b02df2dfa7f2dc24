import { z } from 'zod';

/** What can be sent as the value of a header. */
const word = z.string().regex(/^[\x21-\x7e]{1,1024}$/, 'one word without spaces');

/** The uid of something in Palette; it becomes part of a path. */
export const paletteUid = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'a uid of Palette: letters and digits');

const loopback = /^(?:localhost|127\.[\d.]+|\[::1\])$/;

/** The management plane of Spectro Cloud Palette, which the `palette` toolset asks. */
export const paletteSchema = z
  .strictObject({
    api_key: word
      .optional()
      .describe('API key of a user who may read; without it the tools show a demo fleet, marked as such.')
      .meta({ writeOnly: true }),
    project_uid: word
      .optional()
      .describe('Uid of the project that is read; without it what the key sees of the whole tenant.')
      .meta({ writeOnly: true }),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .regex(/^[^?#]*$/, 'an address without ? and #')
      .refine(isSafe, 'an https:// address; http:// only of this machine')
      .default('https://api.spectrocloud.com')
      .describe('Address of Palette; of a self-hosted one its own. A path in it is kept.'),
    ca_file: z
      .string()
      .optional()
      .describe('PEM file with the certificate authority of a self-hosted Palette, in place of the public ones.'),
    demo: z
      .union([z.literal('auto'), z.boolean()])
      .default('auto')
      .describe('auto: the demo fleet as long as there is no api_key; true: always; false: never.'),
  })
  .describe('Spectro Cloud Palette, for the palette toolset of the MCP server (docs/palette.md).');
export type PaletteConfig = z.infer<typeof paletteSchema>;

/** A key is not sent in the clear to another machine. */
function isSafe(address: string): boolean {
  const url = URL.parse(address);
  return url === null || url.protocol === 'https:' || loopback.test(url.hostname);
}
