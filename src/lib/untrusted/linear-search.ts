/**
 * Whether `wanted` stands in `text`, in a time that grows with the length of both and no faster (Knuth, Morris, Pratt):
 * `String.includes` takes the product of the two for texts that somebody made for it.
 */
export function standsIn(text: string, wanted: string): boolean {
  if (wanted === '') return true;
  const back = fallbacks(wanted);
  let matched = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    while (matched > 0 && wanted.charCodeAt(matched) !== unit) matched = back[matched - 1] ?? 0;
    if (wanted.charCodeAt(matched) === unit) matched += 1;
    if (matched === wanted.length) return true;
  }
  return false;
}

/** For each end of a part from the beginning: how long a part from the beginning ends there too, itself aside. */
function fallbacks(wanted: string): Uint32Array {
  const back = new Uint32Array(wanted.length);
  let matched = 0;
  for (let at = 1; at < wanted.length; at += 1) {
    while (matched > 0 && wanted.charCodeAt(matched) !== wanted.charCodeAt(at)) matched = back[matched - 1] ?? 0;
    if (wanted.charCodeAt(matched) === wanted.charCodeAt(at)) matched += 1;
    back[at] = matched;
  }
  return back;
}
