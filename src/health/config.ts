import { isIP } from 'node:net';
import { z } from 'zod';
import { roles } from '../domain/people/viewer.ts';

/** Where the HTTP server listens when nothing else is said. */
export const defaultHealthPort = 8080;

/** What a browser or the server itself says in a header cannot name a person. */
const notForNames = /^(?:authorization|cookie|host|origin|referer|connection|content-.*|sec-.*|x-forwarded-for)$/i;

const proxySchema = z
  .strictObject({
    header: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,100}$/, 'the name of a header, such as X-Forwarded-User')
      .refine((name) => !notForNames.test(name), 'a header that the proxy sets and nobody else')
      .describe('Header in which the proxy names the person, such as X-Forwarded-User.'),
    from: z
      .array(z.string().refine(isAddress, 'an IP address or a range such as 10.0.0.0/24'))
      .min(1)
      .describe('Addresses and ranges of the proxy; from others the header means nothing.'),
    role: z.enum(roles).default('read').describe('What people may do whom the proxy names.'),
    act: z.array(z.string().min(1).max(100)).default([]).describe('Those of them who may act, by name.'),
  })
  .describe('A proxy that signs people in and names them in a header.');
export type PeopleProxy = z.infer<typeof proxySchema>;

export const healthSchema = z
  .strictObject({
    host: z.string().default('127.0.0.1').describe('Address to listen on.'),
    port: z.int().min(0).max(65_535).default(defaultHealthPort).describe('0 turns it off.'),
    token: z
      .string()
      .optional()
      .describe('Everything but live and ready then needs Authorization: Bearer, or a login with it on the pages.')
      .meta({ writeOnly: true }),
    read_token: z
      .string()
      .optional()
      .describe('Another token, for who may read and change nothing; needs token.')
      .meta({ writeOnly: true }),
    proxy: proxySchema.optional(),
    public_url: z
      .url()
      .optional()
      .describe('Where people reach this; without it messages carry a path and no buttons.'),
  })
  .superRefine(({ token, read_token: readToken, proxy }, context) => {
    if (token === undefined && (readToken !== undefined || proxy !== undefined)) {
      const beside = readToken === undefined ? 'health.proxy' : 'health.read_token';
      const message = `a token beside ${beside}: without one everybody who reaches the port may read`;
      context.addIssue({ code: 'custom', path: ['token'], message });
    }
    if (token !== undefined && token === readToken) {
      context.addIssue({ code: 'custom', path: ['read_token'], message: 'another token than health.token' });
    }
  })
  .describe('The HTTP server of health, metrics, the pages and the read API.');

/** `10.0.0.5`, `10.0.0.0/24`, `fd00::/8`. */
function isAddress(text: string): boolean {
  const [address = '', bits, more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}
