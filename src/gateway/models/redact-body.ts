import { setImmediate } from 'node:timers/promises';
import type { Redactor } from '../../lib/redact/redact.ts';
import type { JsonObject } from './provider.ts';

/** Letters. A CLI cuts what its tools give far below it; what is base64 (a picture) may be longer. */
const maxTextLength = 2 * 1024 * 1024;
const base64 = /^(?:data:[\w/+.-]{1,100};base64,)?[\w+/=-]*$/;
/** A smaller body is searched at once. */
const smallBody = 64 * 1024;
const smallText = 64 * 1024;
/** Work without a pause, ms: everything else of the daemon waits so long. */
const maxTurnMs = 20;
const maxDepth = 32;

/** Whether a text of a body is so long that no CLI sends it: searching it would hold everything else up. */
export async function hasEndlessText(body: JsonObject): Promise<boolean> {
  const open: unknown[] = [body];
  const turn = new Turn();
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (turn.isOver) await turn.next();
    if (typeof value === 'string' && value.length > maxTextLength && !base64.test(value)) return true;
    if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) if (inner !== null && inner !== undefined) open.push(inner);
    }
  }
  return false;
}

/**
 * The body without secrets. A large one is searched part by part with pauses, so that an agent with a long conversation
 * (or one that only wants to) holds nobody else up.
 * @param length of its text, letters
 */
export async function redactBody(body: JsonObject, length: number, redact: Redactor): Promise<JsonObject> {
  if (length <= smallBody) return redact.value(body);
  return (await new Walk(redact).value(body, 0)) as JsonObject;
}

/** A time of work without a pause. */
class Turn {
  #began = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#began >= maxTurnMs;
  }

  async next(): Promise<void> {
    await setImmediate();
    this.#began = performance.now();
  }
}

class Walk {
  readonly #redact: Redactor;
  readonly #turn = new Turn();

  constructor(redact: Redactor) {
    this.#redact = redact;
  }

  /** What is small among the members of a value is searched together, as names and values belong together. */
  async value(value: object, depth: number): Promise<unknown> {
    await this.#pause();
    if (depth > maxDepth) return this.#redact.value(value);
    const large = Object.entries(value).filter(([, inner]) => isLarge(inner));
    const rest = Array.isArray(value) ? [...(value as unknown[])] : { ...value };
    for (const [key] of large) set(rest, key, null);
    const cleaned = this.#redact.value(rest);
    const result = Array.isArray(cleaned) ? [...(cleaned as unknown[])] : { ...cleaned };
    for (const [key, inner] of large) set(result, key, await this.#member(key, inner, depth));
    return result;
  }

  async #member(key: string, inner: unknown, depth: number): Promise<unknown> {
    if (typeof inner === 'object' && inner !== null) return await this.value(inner, depth + 1);
    await this.#pause();
    // With its name, which may say that it is a secret.
    return Object.values(this.#redact.value({ [key]: inner }))[0];
  }

  async #pause(): Promise<void> {
    if (this.#turn.isOver) await this.#turn.next();
  }
}

function isLarge(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || (typeof value === 'string' && value.length > smallText);
}

/** Also for a key such as `__proto__`, which JSON may hold. */
function set(holder: object, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}
