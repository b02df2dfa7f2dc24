import { z } from 'zod';
import { parseJson } from '../../../lib/untrusted/parse-json.ts';
import { actionIds, type SilenceSpan, silenceSpans } from '../buttons.ts';

/*
 * What Slack says of a click, of a form that was sent, and of a message. Only what is used is read, and
 * of that every text is bounded; all else may be there (https://docs.slack.dev/reference/interaction-payloads).
 */

/** Who is behind it. `name` is the user name that Slack sends along, the id where there is none. */
export interface SlackPerson {
  readonly id: string;
  readonly name: string;
}

/** Where it comes from; null: not said. */
export interface Origin {
  /** The workspace of the app, as a rule. */
  readonly team: string | null;
  /** The workspace of the person, who may be of another one where a channel is shared (Slack Connect). */
  readonly personTeam: string | null;
}

export type Act =
  | { readonly kind: 'ack' | 'rerun' }
  | { readonly kind: 'silence'; readonly span: SilenceSpan }
  | { readonly kind: 'feedback'; readonly rating: 'right' | 'wrong'; readonly comment: string };

/** A person asks for something to be done with an incident. */
export interface Click extends Origin {
  /** The same for the same click, however often it is delivered. */
  readonly key: string;
  readonly act: Act;
  readonly incidentId: string;
  readonly person: SlackPerson;
  /** The message that was clicked. */
  readonly post: { readonly channel: string; readonly ts: string } | null;
  /** Where the clicker can be told something, for half an hour. */
  readonly responseUrl: string | null;
  /** With it a form can be opened within three seconds. */
  readonly triggerId: string | null;
}

/** A message that a person wrote. */
export interface Said extends Origin {
  /** The same for the same message, by whatever event it is told. */
  readonly key: string;
  /** It mentions the app. */
  readonly addressed: boolean;
  /** It mentions somebody else. */
  readonly toOthers: boolean;
  readonly userId: string;
  readonly text: string;
  readonly channel: string;
  readonly ts: string;
  readonly threadTs: string | null;
}

const id = z.string().max(100);
const text = z.string().max(3000);
const incidentId = z.string().regex(/^inc_[0-9A-Za-z]{1,60}$/);
const user = z.object({ id, username: text.optional(), name: text.optional(), team_id: id.nullish() });
const base = {
  user,
  team: z.object({ id }).nullish(),
};

const originSchema = z.object(base);
const clickSchema = z.object({
  ...base,
  type: z.literal('block_actions'),
  trigger_id: text.nullish(),
  response_url: text.nullish(),
  container: z.object({ message_ts: id.nullish(), channel_id: id.nullish() }).nullish(),
  channel: z.object({ id }).nullish(),
  actions: z
    .array(
      z.object({
        action_id: z.string().max(255),
        action_ts: id.nullish(),
        value: z.string().max(2000).nullish(),
        selected_option: z.object({ value: z.string().max(200) }).nullish(),
      }),
    )
    .min(1)
    .max(25),
});

const formSchema = z.object({
  ...base,
  type: z.literal('view_submission'),
  view: z.object({
    id,
    callback_id: z.literal('wrong_cause'),
    private_metadata: z.string().max(3000),
    state: z.object({
      values: z.object({ cause: z.object({ words: z.object({ value: z.string().max(3000).nullish() }) }) }),
    }),
  }),
});

const formOriginSchema = z.object({ incident: incidentId, channel: id.nullable(), ts: id.nullable() });

const messageSchema = z.object({
  type: z.literal('event_callback'),
  team_id: id.nullish(),
  event: z.object({
    type: z.enum(['app_mention', 'message']),
    user: id,
    text: z.string().max(40_000),
    channel: id,
    ts: id,
    thread_ts: id.nullish(),
    bot_id: id.nullish(),
    subtype: id.nullish(),
    user_team: id.nullish(),
    source_team: id.nullish(),
  }),
});

/**
 * What a person asks for; `link` for a button that only opens an address; null for what is none of ours or not understood.
 */
export function readInteraction(payload: unknown): Click | 'link' | null {
  const click = clickSchema.safeParse(payload);
  if (click.success) return clickOf(click.data);
  const form = formSchema.safeParse(payload);
  return form.success ? formClick(form.data) : null;
}

/**
 * What a person wrote where the app is; null for everything else, also what bots write. `botId`: the app's own user, null
 * where it is not known: then only Slack itself says that the app is meant.
 */
export function readMessage(body: unknown, botId: string | null): Said | null {
  const read = messageSchema.safeParse(body);
  if (!read.success) return null;
  const { event, team_id: team } = read.data;
  if (event.bot_id || event.subtype || event.user === botId) return null;
  const mentioned = [...event.text.matchAll(/<@(\w+)(?:\|[^>]*)?>/g)].map(([, who]) => who);
  return {
    // The same message comes as `app_mention` and as `message`, each with an id of its own.
    key: `said:${event.channel}:${event.ts}`,
    addressed: event.type === 'app_mention' || (botId !== null && mentioned.includes(botId)),
    toOthers: mentioned.some((who) => who !== botId),
    team: team ?? null,
    personTeam: event.user_team ?? event.source_team ?? null,
    userId: event.user,
    text: plainText(event.text.replaceAll(/<@\w+(\|[^>]*)?>/g, ' ')),
    channel: event.channel,
    ts: event.ts,
    threadTs: event.thread_ts ?? null,
  };
}

function clickOf(payload: z.infer<typeof clickSchema>): Click | 'link' | null {
  const [action] = payload.actions;
  if (action === undefined) return null;
  if ((actionIds.links as readonly string[]).includes(action.action_id)) return 'link';
  const [given = '', span = ''] = (action.selected_option?.value ?? action.value ?? '').split('|');
  const act = actOf(action.action_id, span);
  if (act === null || !incidentId.safeParse(given).success) return null;
  const post = postOf(payload);
  const when = action.action_ts ?? payload.trigger_id;
  return {
    ...originOf(payload),
    key: ['click', post?.channel, post?.ts, when, action.action_id, payload.user.id].join(':'),
    act,
    incidentId: given,
    post,
    responseUrl: payload.response_url ?? null,
    triggerId: payload.trigger_id ?? null,
  };
}

function postOf({ container, channel }: z.infer<typeof clickSchema>): Click['post'] {
  const where = container?.channel_id ?? channel?.id;
  return where === undefined || !container?.message_ts ? null : { channel: where, ts: container.message_ts };
}

function actOf(action: string, span: string): Act | null {
  switch (action) {
    case actionIds.acknowledge:
      return { kind: 'ack' };
    case actionIds.rerun:
      return { kind: 'rerun' };
    case actionIds.right:
      return { kind: 'feedback', rating: 'right', comment: '' };
    case actionIds.wrong:
      return { kind: 'feedback', rating: 'wrong', comment: '' };
    case actionIds.silence:
      return Object.hasOwn(silenceSpans, span) ? { kind: 'silence', span: span as SilenceSpan } : null;
    default:
      return null;
  }
}

function formClick(payload: z.infer<typeof formSchema>): Click | null {
  const { view } = payload;
  const from = formOriginSchema.safeParse(parseJson(view.private_metadata));
  if (!from.success) return null;
  const { incident, channel, ts } = from.data;
  return {
    ...originOf(payload),
    key: `form:${view.id}`,
    act: { kind: 'feedback', rating: 'wrong', comment: view.state.values.cause.words.value ?? '' },
    incidentId: incident,
    post: channel === null || ts === null ? null : { channel, ts },
    responseUrl: null,
    triggerId: null,
  };
}

function originOf({ user: who, team }: z.infer<typeof originSchema>) {
  const person: SlackPerson = { id: who.id, name: who.username ?? who.name ?? who.id };
  return { person, team: team?.id ?? null, personTeam: who.team_id ?? null };
}

/** What a person wrote: Slack sends `& < >` escaped. */
function plainText(said: string): string {
  return said.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&').replace(/\s+/g, ' ').trim();
}
