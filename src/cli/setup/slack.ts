import { Command, InvalidArgumentError, Option } from 'commander';
import { action, type CliContext, examples, printJson } from '../context.ts';

interface Options {
  readonly url?: string;
  readonly channels: 'public' | 'private' | 'both';
  readonly questions: 'off' | 'mentions' | 'thread';
  readonly name: string;
}

/** `slack manifest`. */
export function slackCommand(context: CliContext): Command {
  return new Command('slack').description('what the Slack app needs').addCommand(manifestCommand(context));
}

function manifestCommand(context: CliContext): Command {
  return new Command('manifest')
    .description('print the manifest of the Slack app: https://api.slack.com/apps, Create New App, From a manifest')
    .option('--url <url>', 'Slack calls this address of the daemon (https://…); without it Socket Mode', checkUrl)
    .addOption(
      new Option('--channels <kind>', 'kinds of channels that get messages')
        .choices(['public', 'private', 'both'])
        .default('public'),
    )
    .addOption(
      new Option('--questions <which>', 'as notify.slack.questions')
        .choices(['off', 'mentions', 'thread'])
        .default('mentions'),
    )
    .option('--name <name>', 'of the app and its bot, at most 35 characters', checkName, 'nightcrier')
    .addHelpText(
      'after',
      examples('nightcrier slack manifest', 'nightcrier slack manifest --url https://nightcrier.example.com'),
    )
    .action(
      action(context, async ({ url, ...options }: Options) => {
        const { slackManifest } = await import('../../app/commands/slack-manifest.ts');
        printJson(context, slackManifest({ ...options, url: url ?? null }));
        return 0;
      }),
    );
}

function checkUrl(text: string): string {
  if (!URL.canParse(text) || new URL(text).protocol !== 'https:' || new URL(text).search !== '')
    throw new InvalidArgumentError('an address https://HOST that Slack can reach.');
  return text;
}

function checkName(text: string): string {
  if (text.trim() === '' || text.length > 35) throw new InvalidArgumentError('1 to 35 characters.');
  return text.trim();
}
