import type { PostStore } from '../../../domain/question.ts';
import { StoreUnavailableError } from '../../../domain/state-store.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/log.ts';
import { errorText } from '../../../lib/problem.ts';
import { Background } from '../../../lib/work/background.ts';
import { Turns } from '../../../lib/work/turns.ts';
import type { SlackMetrics } from '../../metrics.ts';
import type { SlackApi } from '../slack-api.ts';
import { type ActStore, carryOut } from './carry-out.ts';
import { type Click, readInteraction } from './payload.ts';
import type { People } from './people.ts';
import { wrongCauseForm } from './wrong-cause-form.ts';

export interface InteractionsOptions {
  readonly store: ActStore & Pick<PostStore, 'hearOnce' | 'showAgain'>;
  readonly api: Pick<SlackApi, 'openView'>;
  readonly people: People;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<SlackMetrics, 'acted'>;
}

/** Clicks that are worked on and wait; what comes beyond that is told to try again. */
const maxWaiting = 200;
/** After a crash between an act and its message the message is edited all the same, so long after it was asked for, ms. */
const crashMs = 5000;

/**
 * What people click in Slack. `take` gives back at once, so that Slack is answered in time however slow the store is; the act
 * comes after. Until it is in the store nobody sees a change: what a crash leaves undone looks undone. What stands on the
 * message comes through the outbox, and the row for that is there before the act: a crash after it loses nothing. A click
 * that is delivered twice acts once, and those on one incident go one after the other.
 */
export class Interactions {
  readonly #options: InteractionsOptions;
  readonly #turns = new Turns();
  readonly #background = new Background();

  constructor(options: InteractionsOptions) {
    this.#options = options;
  }

  /** Takes what Slack sent, and gives back before anything is done. */
  take(payload: unknown): void {
    const { log } = this.#options;
    const click = readInteraction(payload);
    if (click === 'link') return;
    if (click === null) {
      log.debug({}, 'something of Slack that is no click of ours');
      return;
    }
    this.#background.run(
      () => this.#work(click),
      (error) => log.error({ err: errorText(error) }, 'a click in Slack failed'),
    );
  }

  /** Ends what is under way when it has been waited for until `signal` is aborted. */
  stop(signal: AbortSignal): Promise<void> {
    return this.#background.stop(signal);
  }

  async #work(click: Click): Promise<void> {
    const { people, metrics } = this.#options;
    const refuse = async (why: string): Promise<void> => {
      metrics.acted(click.act.kind, 'refused');
      await this.#tell(click, `Nothing was done: ${why}`);
    };
    if (this.#background.size > maxWaiting) return refuse('too much is clicked at once. Try again in a moment.');
    if (!people.may(click.person)) return refuse('`notify.slack.act` does not name you.');
    // The form has to be asked for within three seconds, whatever the store does.
    if (await this.#askForWords(click)) return;
    if (!(await people.isOurs(click))) return refuse('you belong to another workspace.');
    await this.#turns.take(click.incidentId, () => this.#act(click));
  }

  /** Whether a form was opened in place of the act: it comes back with the words. */
  async #askForWords({ act, triggerId, incidentId, post }: Click): Promise<boolean> {
    if (act.kind !== 'feedback' || act.rating !== 'wrong' || triggerId === null) return false;
    try {
      await this.#options.api.openView(triggerId, wrongCauseForm(incidentId, post));
      return true;
    } catch (error) {
      this.#options.log.debug({ err: errorText(error) }, 'no form could be opened in Slack');
      return false;
    }
  }

  async #act(click: Click): Promise<void> {
    const { store, people, clock, log, metrics } = this.#options;
    const { incidentId, act, post } = click;
    try {
      const at = clock.now();
      if (!(await store.hearOnce(click.key, at))) return;
      await store.showAgain('slack', incidentId, { notBefore: at + crashMs, post }, at);
      const person = await people.named(click.person, this.#background.signal);
      const since = clock.now();
      const { changed, said } = await carryOut({ act, incidentId, person }, store, since);
      log.info({ incident: incidentId, act: act.kind, by: person.name }, 'clicked in Slack');
      metrics.acted(act.kind, said === null ? 'done' : 'refused');
      if (changed) await store.showAgain('slack', incidentId, { notBefore: since, since }, clock.now());
      if (said !== null) await this.#tell(click, said);
    } catch (error) {
      log.warn({ err: errorText(error), incident: incidentId }, 'what was clicked in Slack could not be done');
      metrics.acted(act.kind, 'failed');
      await this.#tell(click, failureWords(error));
    }
  }

  async #tell(click: Click, words: string): Promise<void> {
    const { person, responseUrl, post } = click;
    await this.#options.people.whisper({ userId: person.id, responseUrl, post }, words, this.#background.signal);
  }
}

function failureWords(error: unknown): string {
  return error instanceof StoreUnavailableError
    ? 'Nothing was done: nightcrier cannot write its state now. Try again in a moment.'
    : 'Nothing was done: nightcrier failed to do it, its log says why.';
}
