/** A way through JSON: keys and indexes. */
export type JsonPath = readonly (string | number)[];

/**
 * The members of a JSON text in which a quote stands, as their paths in their order; at most ten. Places where a quote
 * breaks off in the middle of a value (`"exitCode": 1` of `"exitCode": 137`) are taken only where no other fits.
 */
export function jsonPathsOf(text: string, quote: string): JsonPath[] {
  // Spaces and brackets before the first word of a quote belong to what is around it.
  const lead = /^[\s,{[]*/.exec(quote)?.[0].length ?? 0;
  const inside = lead < quote.length ? lead : 0;
  return placesOf(text, quote).map((at) => pathAt(text, at + inside));
}

/** Each is read from the beginning of the text. */
const maxPlaces = 10;
const maxLooks = 200;

function placesOf(text: string, quote: string): number[] {
  if (quote === '') return [];
  const whole: number[] = [];
  let first: number | null = null;
  let at = text.indexOf(quote);
  for (let looks = 0; at !== -1 && looks < maxLooks && whole.length < maxPlaces; looks += 1) {
    first ??= at;
    if (!breaksOff(text, quote, at)) whole.push(at);
    at = text.indexOf(quote, at + 1);
  }
  return whole.length > 0 || first === null ? whole : [first];
}

function breaksOff(text: string, quote: string, at: number): boolean {
  const word = /[\w.-]/;
  return word.test(quote.at(-1) ?? '') && word.test(text[at + quote.length] ?? '');
}

interface Frame {
  readonly isArray: boolean;
  /** The key or index of the member that is read; null between two members of an object. */
  member: string | number | null;
}

/** Reads tokens up to the one that holds `target`. Says nothing of texts that are not JSON but the brackets they have. */
function pathAt(text: string, target: number): JsonPath {
  const frames: Frame[] = [];
  let at = 0;
  while (at < text.length && at <= target) {
    const char = text[at] ?? '';
    const top = frames.at(-1);
    let end = at + 1;
    if (char === '"') {
      end = stringEnd(text, at);
      if (top?.isArray === false && top.member === null) top.member = unquoted(text.slice(at, end));
    } else if (char === '{' || char === '[') {
      if (at === target) break;
      frames.push({ isArray: char === '[', member: char === '[' ? 0 : null });
    } else if (char === '}' || char === ']') {
      if (at === target) break;
      frames.pop();
    } else if (char === ',' && top !== undefined) {
      top.member = top.isArray && typeof top.member === 'number' ? top.member + 1 : null;
    }
    at = end;
  }
  return frames.flatMap(({ member }) => (member === null ? [] : [member]));
}

function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
