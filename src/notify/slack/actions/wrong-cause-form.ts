import type { RemotePost } from '../../../domain/records.ts';

/**
 * The form that asks what the cause was instead; title, buttons and fields keep Slack's limits
 * (https://docs.slack.dev/reference/views/modal-views). What `payload.ts` reads of it comes back with the words.
 */
export function wrongCauseForm(incidentId: string, post: RemotePost | null): object {
  return {
    type: 'modal',
    callback_id: 'wrong_cause',
    private_metadata: JSON.stringify({ incident: incidentId, channel: post?.channel ?? null, ts: post?.ts ?? null }),
    title: words('Wrong cause'),
    submit: words('Send'),
    close: words('Cancel'),
    blocks: [
      {
        type: 'input',
        block_id: 'cause',
        optional: true,
        label: words('What was the cause?'),
        hint: words('Kept with the incident, with your name. The answers of later incidents are measured by it.'),
        element: { type: 'plain_text_input', action_id: 'words', multiline: true, max_length: 500 },
      },
    ],
  };
}

function words(text: string): object {
  return { type: 'plain_text', text, emoji: true };
}
