/** A word that a POSIX shell takes as it stands, also with a place to fill in (`<n>`). */
const plainWord = /^(?:[\w@%+=:,./-]|<[a-z][a-z -]*>)+$/i;

/** One word of a POSIX shell's command line, in quotes when it holds more than plain characters. */
export function shellWord(text: string): string {
  return plainWord.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

const piece = /\s+|'([^']*)'|"([^"$`\\]*)"|\\(.)|(<[a-z][a-z -]*>|[^\s'"\\|&;<>()$`*?[\]#~!{}]+)/iy;

/**
 * The words of one simple command of a POSIX shell, without its quotes; null for more than that: a pipe, a list, a
 * redirection, a variable. A place to fill in (`<n>`) is a word or part of one.
 */
export function commandWords(text: string): readonly string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  piece.lastIndex = 0;
  while (piece.lastIndex < text.length) {
    const found = piece.exec(text);
    if (found === null) return null;
    const part = found[1] ?? found[2] ?? found[3] ?? found[4];
    if (part !== undefined) word = (word ?? '') + part;
    else if (word !== null) {
      words.push(word);
      word = null;
    }
  }
  return word === null ? words : [...words, word];
}
