import { StringDecoder } from 'node:string_decoder';
import {
  type ChargedTokens,
  type Counted,
  isObject,
  type JsonObject,
  noTokens,
  nothingCounted,
  type Provider,
} from './provider.ts';

/** A longer event, and a longer answer in one piece, are passed on but not read: their tokens are estimated. */
const maxReadLength = 8 * 1024 * 1024;
/** Bytes of a request and letters of an answer for one token, where the provider does not tell: rather too many tokens. */
const lengthOfToken = 3;

/** Reads the tokens of an answer as it passes by. Never throws: what is not understood is not counted. */
export interface AnswerReader {
  push(chunk: Uint8Array): void;
  /**
   * The tokens of the answer, as far as it came. When the provider did not tell them (the stream broke, the client went
   * away), what was sent and seen is counted by its length, so that nobody reads answers for nothing by hanging up early.
   * @param requestLength bytes of the request
   */
  tokens(requestLength: number): ChargedTokens;
}

/** A reader for `text/event-stream` (one event after the other), or for JSON in one piece. */
export function answerReader(contentType: string, provider: Provider): AnswerReader {
  const decoder = new StringDecoder('utf8');
  let counted = nothingCounted;
  const see = (text: string): void => {
    const event = parsed(text);
    if (event !== null) counted = provider.count(counted, event);
  };
  const source = contentType.startsWith('text/event-stream') ? new EventSplitter(see) : new WholeText(see);
  return {
    push: (chunk) => source.push(decoder.write(chunk)),
    tokens(requestLength) {
      source.end();
      return counted.complete ? (counted.tokens ?? noTokens) : estimated(counted, requestLength);
    },
  };
}

/** For an answer of which only a part is known. */
function estimated({ tokens, letters }: Counted, requestLength: number): ChargedTokens {
  const output = Math.max(tokens?.output ?? 0, Math.ceil(letters / lengthOfToken));
  if (tokens !== null && tokens.input > 0) return { ...tokens, output };
  return { ...noTokens, input: Math.ceil(requestLength / lengthOfToken), output };
}

/** The data of each event (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
class EventSplitter {
  readonly #see: (data: string) => void;
  #line = '';
  #data: string[] = [];
  #length = 0;

  constructor(see: (data: string) => void) {
    this.#see = see;
  }

  push(text: string): void {
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      this.#add(line);
      this.#take();
    }
    this.#add(last);
  }

  end(): void {
    this.#take();
    this.#dispatch();
  }

  #add(text: string): void {
    this.#length += text.length;
    if (this.#length <= maxReadLength) this.#line += text;
    else this.#drop();
  }

  #drop(): void {
    this.#line = '';
    this.#data = [];
  }

  #take(): void {
    const line = this.#line.replace(/\r$/, '');
    this.#line = '';
    if (line === '') this.#dispatch();
    else if (line.startsWith('data:')) this.#data.push(line.slice(5).trimStart());
  }

  #dispatch(): void {
    if (this.#data.length > 0 && this.#length <= maxReadLength) this.#see(this.#data.join('\n'));
    this.#data = [];
    this.#length = 0;
  }
}

class WholeText {
  readonly #see: (text: string) => void;
  #text = '';
  #tooLong = false;

  constructor(see: (text: string) => void) {
    this.#see = see;
  }

  push(text: string): void {
    this.#tooLong ||= this.#text.length + text.length > maxReadLength;
    this.#text = this.#tooLong ? '' : this.#text + text;
  }

  end(): void {
    if (this.#text !== '') this.#see(this.#text);
    this.#text = '';
  }
}

function parsed(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
