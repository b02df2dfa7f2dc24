const plain = /^[A-Za-z0-9_@%+=:,./-]+$/;

/**
 * A word for the shell of the other side that stands for exactly this text (the rule of Python's `shlex.quote`).
 * @throws RangeError for a NUL, which no argument can hold, and for a line break, which no argument of ours has
 */
export function quoteSh(text: string): string {
  if (/[\0\n]/.test(text)) throw new RangeError('an argument of a remote command holds a NUL or a line break');
  if (text === '') return "''";
  return plain.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

/** The one command line that a remote shell is given for these words. @throws RangeError as `quoteSh` */
export function remoteCommand(words: readonly string[]): string {
  return words.map(quoteSh).join(' ');
}
