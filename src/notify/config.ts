import { z } from 'zod';

const slackSchema = z
  .strictObject({
    bot_token: z
      .string()
      .optional()
      .describe('Token of the Slack app (xoxb-…): one post an incident, updated, details in its thread.')
      .meta({ writeOnly: true }),
    channel: z.string().optional().describe('Channel of the posts, a name such as #incidents or an id.'),
    api_url: z.url().default('https://slack.com/api/').describe('Address of the Slack Web API.'),
    webhook_url: z
      .url()
      .optional()
      .describe('Incoming webhook, the simple alternative to bot_token: posts only, no updates.')
      .meta({ writeOnly: true }),
  })
  .describe('Messages in Slack.');

export const notifySchema = z
  .strictObject({
    slack: slackSchema.optional(),
    console: z
      .union([z.literal('auto'), z.boolean()])
      .default('auto')
      .describe('Messages on standard output; auto: when nothing else is set, or on a terminal.'),
  })
  .describe('Who is told.');
