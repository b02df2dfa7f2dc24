import { z } from 'zod';
import { parseDuration } from '../lib/format.ts';
import { durationUpTo } from '../lib/quantity.ts';
import { secretPattern } from './webhook-signature.ts';

/** Of `first_wait`, ms. */
const longestFirstWaitMs = 60_000;

const slackSchema = z
  .strictObject({
    bot_token: z
      .string()
      .optional()
      .describe('Token of the Slack app (xoxb-…): one post an incident, updated, details in its thread.')
      .meta({ writeOnly: true }),
    channel: z
      .string()
      .optional()
      .describe('Channel of the posts, a name such as #incidents or an id.')
      .meta({ examples: ['#incidents', 'C0123456789'] }),
    app_token: z
      .string()
      .regex(/^xapp-/, 'an app-level token (xapp-…)')
      .optional()
      .describe(
        'App-level token of the Slack app (xapp-…, scope connections:write): buttons and questions by Socket Mode, nothing has to reach the daemon.',
      )
      .meta({ writeOnly: true }),
    signing_secret: z
      .string()
      .min(16)
      .optional()
      .describe(
        'Signing secret of the Slack app: buttons and questions come to /slack/interactions and /slack/events of the HTTP server.',
      )
      .meta({ writeOnly: true }),
    act: z
      .union([z.literal('all'), z.array(z.string().min(1).max(100)).max(500)])
      .default('all')
      .describe('Who may press buttons: ids (U0123456789) or handles of people, or all who see the message.')
      .meta({ examples: [['U0123456789', 'ana']] }),
    questions: z
      .enum(['off', 'mentions', 'thread'])
      .default('mentions')
      .describe(
        'Which questions are answered from what is kept of an incident: none, those that mention the app, or also each message in the thread of an incident that ends with a question mark.',
      ),
    api_url: z.url().default('https://slack.com/api/').describe('Address of the Slack Web API.'),
    webhook_url: z
      .url()
      .optional()
      .describe('Incoming webhook, the simple alternative to bot_token: posts only, no updates.')
      .meta({ writeOnly: true }),
  })
  .describe('Messages in Slack.');

const webhookSchema = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'an http:// or https:// address' })
      .describe('Address that is called (POST) for each event; https unless it is on this machine.')
      .meta({ writeOnly: true }),
    secret: z
      .string()
      .regex(secretPattern, 'whsec_ and 24 to 64 bytes in base64')
      .describe('Key of the signatures: whsec_ and 24 to 64 random bytes in base64, the same at the receiver.')
      .meta({ writeOnly: true }),
  })
  .describe('Signed events for a program of yours (Standard Webhooks): docs/webhook.md.');

const pagerDutySchema = z
  .strictObject({
    routing_key: z
      .string()
      .regex(/^[A-Za-z0-9]{32}$/, '32 letters and digits, the integration key of PagerDuty')
      .describe('Integration key of an integration "Events API V2" of a PagerDuty service.')
      .meta({ writeOnly: true }),
    api_url: z
      .url({ protocol: /^https?$/, error: 'an http:// or https:// address' })
      .default('https://events.pagerduty.com/v2/enqueue')
      .describe('Address of the Events API v2; for the EU https://events.eu.pagerduty.com/v2/enqueue.'),
  })
  .describe('Alerts in PagerDuty (Events API v2).');

const teamsSchema = z
  .strictObject({
    webhook_url: z
      .url({ protocol: /^https?$/, error: 'an http:// or https:// address' })
      .describe('Address of a workflow that posts to a channel when a webhook request is received.')
      .meta({ writeOnly: true }),
  })
  .describe('Messages in Microsoft Teams, by the webhook of a workflow.');

export const notifySchema = z
  .strictObject({
    slack: slackSchema.optional(),
    webhook: webhookSchema.optional(),
    pagerduty: pagerDutySchema.optional(),
    teams: teamsSchema.optional(),
    first_wait: durationUpTo(longestFirstWaitMs)
      .default('8s')
      .transform((text) => parseDuration(text) ?? 0)
      .describe(
        'How long the first message of an incident waits for its answer, so that it is the answer; at most 60s, 0s: told at once.',
      ),
    console: z
      .union([z.literal('auto'), z.boolean()])
      .default('auto')
      .describe('Messages on standard output; auto: when nothing else is set, or on a terminal.'),
  })
  .describe('Who is told.');
