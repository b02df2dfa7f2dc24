/** Channels of the local Slack, and what its app may see of them. */
export interface SlackChannels {
  /** Names by id. */
  readonly channels: ReadonlyMap<string, string>;
  readonly privates: ReadonlySet<string>;
  readonly notMember: ReadonlySet<string>;
  readonly archived: ReadonlySet<string>;
  readonly scopes: ReadonlySet<string>;
}

/** Whether the app has the scope for a public or a private channel. */
export function mayOf({ privates, scopes }: SlackChannels, id: string, what: 'read' | 'history'): boolean {
  return scopes.has(`${privates.has(id) ? 'groups' : 'channels'}:${what}`);
}

/** `conversations.list`: each type needs the scope of its own; private channels are listed where the bot is a member. */
export function listChannels(slack: SlackChannels, types: string): Record<string, unknown> {
  const asked = { public_channel: 'channels:read', private_channel: 'groups:read' };
  const wanted = Object.entries(asked).filter(([type]) => types.split(',').includes(type));
  const lacking = wanted.find(([, scope]) => !slack.scopes.has(scope));
  if (lacking !== undefined) return { ok: false, error: 'missing_scope', needed: lacking[1] };
  const listed = [...slack.channels].filter(([id]) => {
    const type = slack.privates.has(id) ? 'private_channel' : 'public_channel';
    const isHidden = slack.privates.has(id) && slack.notMember.has(id);
    return wanted.some(([one]) => one === type) && !slack.archived.has(id) && !isHidden;
  });
  return { ok: true, channels: listed.map(([id, name]) => channelOf(slack, id, name)) };
}

/** `conversations.info`. */
export function channelInfo(slack: SlackChannels, id: string): Record<string, unknown> {
  if (!mayOf(slack, id, 'read')) return { ok: false, error: 'missing_scope' };
  const name = slack.channels.get(id);
  if (name === undefined) return { ok: false, error: 'channel_not_found' };
  return { ok: true, channel: channelOf(slack, id, name) };
}

function channelOf({ privates, notMember, archived }: SlackChannels, id: string, name: string) {
  return { id, name, is_private: privates.has(id), is_member: !notMember.has(id), is_archived: archived.has(id) };
}
