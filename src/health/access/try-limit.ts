import { isIPv6 } from 'node:net';

export interface TryLimitOptions {
  /** Failures of one address within the window. */
  readonly each: number;
  /** Failures of all addresses together: who has many addresses gains nothing. */
  readonly all: number;
  readonly windowMs: number;
}

/** How often a secret may be guessed. Bounded: it remembers no more than `all` failures. */
export class TryLimit {
  readonly #options: TryLimitOptions;
  #failures: { readonly from: string; readonly at: number }[] = [];

  constructor(options: TryLimitOptions) {
    this.#options = options;
  }

  /** How long nothing is looked at that comes from there, ms; 0: now. `now` in ms since the epoch. */
  wait(from: string, now: number): number {
    const { each, all, windowMs } = this.#options;
    this.#failures = this.#failures.filter(({ at }) => at > now - windowMs);
    const own = this.#failures.filter((failure) => failure.from === from);
    // The one whose end makes room again.
    const last = [own.at(-each), this.#failures.at(-all)].filter((failure) => failure !== undefined);
    return Math.max(0, ...last.map(({ at }) => at + windowMs - now));
  }

  failed(from: string, now: number): void {
    this.#failures = [...this.#failures, { from, at: now }].slice(-this.#options.all);
  }
}

/** Where a try comes from: who has one address of IPv6 has a whole network of them (RFC 4291, 64 bits). */
export function triesFrom(ip: string): string {
  const address = ip.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*$/, '');
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== ''));
  const [first = [], last = []] = [before, after];
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0');
  return [...first, ...zeros, ...last].slice(0, 4).join(':');
}
