import { z } from 'zod';

export const slackSchema = z.strictObject({
  bot_token: z.string().optional(),
  channel: z.string().optional(),
  api_url: z.url().default('https://slack.com/api/'),
  webhook_url: z.url().optional(),
});
export type SlackConfig = z.infer<typeof slackSchema>;

export const notifySchema = z.strictObject({
  slack: slackSchema.optional(),
  webhook: z.strictObject({ url: z.url().optional(), secret: z.string().optional() }).optional(),
  console: z.union([z.literal('auto'), z.boolean()]).default('auto'),
});
export type NotifyConfig = z.infer<typeof notifySchema>;
