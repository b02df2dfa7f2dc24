export interface ManifestOptions {
  readonly name: string;
  /** Where Slack reaches the daemon, `https://…`; null: by Socket Mode, the daemon reaches Slack. */
  readonly url: string | null;
  readonly channels: 'public' | 'private' | 'both';
  readonly questions: 'off' | 'mentions' | 'thread';
}

/**
 * The manifest of the Slack app (https://docs.slack.dev/reference/app-manifest): with it Slack makes the app as it has to be.
 * It asks for the scopes that are used and for no others: each is for a method of the Web API or an event.
 */
export function slackManifest({ name, url, channels, questions }: ManifestOptions): object {
  const kinds = { public: ['channels'], private: ['groups'], both: ['channels', 'groups'] }[channels];
  const scopes = [
    // chat.postMessage, chat.update, chat.postEphemeral.
    'chat:write',
    // users.info: who pressed a button, by the name that people know.
    'users:read',
    // conversations.history and conversations.replies: after a crash, whether a message has arrived.
    ...kinds.map((kind) => `${kind}:history`),
    // conversations.list and conversations.info: the id of a channel that is configured by name.
    ...kinds.map((kind) => `${kind}:read`),
    ...(questions === 'off' ? [] : ['app_mentions:read']),
  ];
  const events = {
    off: [],
    mentions: ['app_mention'],
    thread: ['app_mention', ...kinds.map((kind) => `message.${kind}`)],
  }[questions];
  const at = (path: string): object => (url === null ? {} : { request_url: `${url.replace(/\/+$/, '')}${path}` });
  return {
    display_information: { name, description: 'Tells what is broken in Kubernetes clusters, and why' },
    features: { bot_user: { display_name: name, always_online: true } },
    oauth_config: { scopes: { bot: scopes } },
    settings: {
      ...(events.length === 0 ? {} : { event_subscriptions: { ...at('/slack/events'), bot_events: events } }),
      interactivity: { is_enabled: true, ...at('/slack/interactions') },
      org_deploy_enabled: false,
      socket_mode_enabled: url === null,
      token_rotation_enabled: false,
    },
  };
}
