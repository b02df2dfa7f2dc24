import type { ProblemKind } from '../lib/problem.ts';

export const slackAuthRefused: ProblemKind = {
  code: 'NC-SLACK-001',
  title: 'Slack refuses the bot token',
  fix: 'Set notify.slack.bot_token to a valid bot token (xoxb-…) of an installed app.',
  about:
    'Slack answered invalid_auth, account_inactive, token_revoked or the like. Nothing is lost: messages wait in the outbox and are sent when the token works. Slack is asked again at growing intervals of up to ten minutes.',
};

export const slackChannelRefused: ProblemKind = {
  code: 'NC-SLACK-002',
  title: 'Slack refuses a channel',
  fix: 'In Slack, open {channel} and type /invite with the name of the app, or correct the channel in the configuration.',
  about:
    'Slack answered not_in_channel, channel_not_found, is_archived or the like. Messages for this channel wait in the outbox; other channels are not affected.',
};

export const slackScopeMissing: ProblemKind = {
  code: 'NC-SLACK-003',
  title: 'The Slack app lacks a permission',
  fix: 'Give the Slack app the scope chat:write, which "nightcrier slack manifest" has, reinstall it to the workspace, then send SIGHUP to the daemon.',
  about:
    'Slack answered missing_scope or no_permission to chat.postMessage or chat.update. The scopes channels:history and groups:history (and channels:read and groups:read when the channel is configured by name) are not required: with them a message is never sent twice after a crash, without them it can be repeated once, marked as such.',
};

export const slackScopesOptional: ProblemKind = {
  code: 'NC-SLACK-006',
  title: 'The Slack app cannot look back',
  fix: 'Give the Slack app the scopes {scopes}, which "nightcrier slack manifest" has (of private channels with --channels), and reinstall it to the workspace.',
  about:
    'Slack has no idempotency key: after a crash in the middle of a call, nightcrier looks into the history of the channel whether its message arrived. Without the scopes for that it may say one message twice, marked as such.',
  severity: 'warning',
};

export const slackWebhookRefused: ProblemKind = {
  code: 'NC-SLACK-004',
  title: 'Slack refuses the incoming webhook',
  fix: 'Create a new incoming webhook for the channel and set notify.slack.webhook_url to its address.',
  about: 'The webhook was removed, its channel is archived or an administrator switched it off. Messages wait.',
};

export const slackUnreachable: ProblemKind = {
  code: 'NC-SLACK-005',
  title: 'Slack does not answer',
  fix: 'Check that this machine can reach {host} (HTTPS_PROXY and NO_PROXY are honoured).',
  about:
    'Five attempts in a row ended without an answer of Slack, or with an error of its servers. Messages wait in the outbox and are sent later.',
};

export const slackAppTokenRefused: ProblemKind = {
  code: 'NC-SLACK-007',
  title: 'Slack refuses the app-level token',
  fix: 'Set notify.slack.app_token to an app-level token (xapp-…) of the app with the scope connections:write, and turn on Socket Mode for it.',
  about:
    'Slack answered apps.connections.open with invalid_auth, not_allowed_token_type, missing_scope or the like. Messages are sent as before, but nobody hears of buttons that are pressed and of questions. Slack is asked again at growing intervals of up to a minute.',
};

export const slackSocketDown: ProblemKind = {
  code: 'NC-SLACK-008',
  title: 'Buttons in Slack are not heard',
  fix: 'Check that this machine can reach {host} and wss-primary.slack.com (HTTPS_PROXY and NO_PROXY are honoured).',
  about:
    'No connection by Socket Mode could be opened three times in a row. Slack tells who presses a button that it did not work. It is tried again at growing intervals of up to a minute; messages are sent as before.',
};

export const slackNamesUnknown: ProblemKind = {
  code: 'NC-SLACK-009',
  title: 'The Slack app cannot look up who somebody is',
  fix: 'Give the Slack app the scope users:read, which "nightcrier slack manifest" has, and reinstall it to the workspace.',
  about:
    'Slack tells of a button only the id and the user name of who pressed it, and of a question only the id. Without the scope users:read (users.info) people are told by their user names, and a handle in notify.slack.act is not recognised when its person asks a question: rules answer it, no agent.',
  severity: 'warning',
};

export const slackQuestionsUnheard: ProblemKind = {
  code: 'NC-SLACK-010',
  title: 'The Slack app does not hear questions',
  fix: 'Give the Slack app the scopes {scopes} and its events, which "nightcrier slack manifest" has (with --questions {questions}), and reinstall it to the workspace; or set notify.slack.questions to off.',
  about:
    'notify.slack.questions is mentions unless it is set, and Slack sends the event app_mention to apps with the scope app_mentions:read alone; with thread, message.channels and message.groups only to those with channels:history and groups:history. Without them nobody is answered, and nobody is told why.',
  severity: 'warning',
};

export const messageRefused: ProblemKind = {
  code: 'NC-NOTIFY-001',
  title: 'A message was refused for its form',
  fix: 'Report this as a bug with the log line; the incident itself is on the health page.',
  about:
    'The receiver refused a message in a way that no repetition mends, also in its plainest form. The delivery is kept as dead.',
};

export const consoleUnwritable: ProblemKind = {
  code: 'NC-NOTIFY-003',
  title: 'Standard output cannot be written',
  fix: 'Look at what takes standard output: a reader that has ended or does not read, a full disk behind a redirect.',
  about:
    'Messages for the console could not be written. They wait in the outbox and are written when it works again, or by the next process: a pipe whose reader has ended never comes back.',
};

export const webhookUnreachable: ProblemKind = {
  code: 'NC-NOTIFY-004',
  title: 'The webhook does not answer',
  fix: 'Check that this machine can reach {host} (HTTPS_PROXY and NO_PROXY are honoured), and what it answers.',
  about:
    'Five attempts in a row to call notify.webhook.url ended without an answer, or with an error of its server. Events wait in the outbox and are sent later, with the same webhook-id.',
};

export const webhookRefused: ProblemKind = {
  code: 'NC-NOTIFY-005',
  title: 'The webhook refuses events',
  fix: 'Look at the log of {host}: correct notify.webhook.url or notify.webhook.secret, or what the receiver checks.',
  about:
    'The receiver answered with a status that is neither 2xx nor one of "later" (429, 5xx). A redirect counts as that too: none is followed. Events wait in the outbox and are tried again at growing intervals.',
};

export const webhookGone: ProblemKind = {
  code: 'NC-NOTIFY-006',
  title: 'The webhook says that it is gone',
  fix: 'Set notify.webhook.url to an address that takes events, or remove notify.webhook.',
  about:
    'The receiver answered 410, by which Standard Webhooks asks a sender to stop. Nothing is sent there until the next start; events wait in the outbox.',
};

export const pagerDutyUnreachable: ProblemKind = {
  code: 'NC-NOTIFY-007',
  title: 'PagerDuty does not answer',
  fix: 'Check that this machine can reach {host} (HTTPS_PROXY and NO_PROXY are honoured), and status.pagerduty.com.',
  about:
    'Five attempts in a row ended without an answer of PagerDuty, or with an error of its servers. Events wait in the outbox and are sent later; the key of an alert keeps it one.',
};

export const pagerDutyRefused: ProblemKind = {
  code: 'NC-NOTIFY-008',
  title: 'PagerDuty refuses events',
  fix: 'Set notify.pagerduty.routing_key to the key of an integration "Events API V2" of a service, and notify.pagerduty.api_url to the address of its region.',
  about:
    'PagerDuty answered with a status that is neither 2xx nor one of "later" (429, 5xx), most often because of the routing key: another region (https://events.eu.pagerduty.com/v2/enqueue for the EU), an integration of another kind, or one that was removed. Events wait in the outbox and are tried again at growing intervals; one that is refused for its form alone is sent once more in the least form.',
};

export const teamsUnreachable: ProblemKind = {
  code: 'NC-NOTIFY-009',
  title: 'Microsoft Teams does not answer',
  fix: 'Check that this machine can reach {host} (HTTPS_PROXY and NO_PROXY are honoured).',
  about:
    'Five attempts in a row ended without an answer of the workflow, or with an error of its servers. Messages wait in the outbox and are sent later.',
};

export const teamsRefused: ProblemKind = {
  code: 'NC-NOTIFY-010',
  title: 'Microsoft Teams refuses messages',
  fix: 'In Power Automate, look whether the workflow at {host} is on and has an owner; set notify.teams.webhook_url to its address of now.',
  about:
    'The workflow answered with a status that is neither 2xx nor one of "later" (429, 5xx): it is off, was removed, or its address has another signature. A redirect counts as that too: none is followed. Messages wait in the outbox and are tried again at growing intervals.',
};

export const outboxUnreadable: ProblemKind = {
  code: 'NC-NOTIFY-002',
  title: 'The outbox cannot be read or written',
  fix: 'Check the disk that holds the state file (storage.state.path): full or read-only?',
  about: 'Messages are rows of the state store; without it none is sent. It is tried again at intervals.',
};
