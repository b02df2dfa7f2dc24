import { cutColored } from '../../lib/display/width.ts';
import { screenHeight, screenWidth } from '../format/style.ts';
import type { TextSink } from '../context.ts';

/** A screen of its own beside what stood on the terminal, which comes back at the end. */
export class Screen {
  readonly #out: TextSink;

  constructor(out: TextSink) {
    this.#out = out;
    // The other buffer, without a cursor (xterm control sequences, DECSET 1049 and 25).
    out.write('\u001b[?1049h\u001b[?25l');
  }

  /** Shows the lines, the first at the top; what is wider or lower than the terminal of this moment is cut. */
  draw(lines: readonly string[]): void {
    const terminal = { stdout: this.#out };
    const height = screenHeight(terminal);
    const shown = lines.slice(0, height).map((line) => `\u001b[K${cutColored(line, screenWidth(terminal))}`);
    // Over what stands there, line by line: nothing flickers. Each row is cleared before it is written, and the rest from
    // the row below: behind a line that fills its row, clearing would take its last character.
    this.#out.write(`\u001b[H${shown.join('\r\n')}${shown.length < height ? '\r\n\u001b[J' : ''}`);
  }

  /** Gives the terminal back. */
  leave(): void {
    this.#out.write('\u001b[?25h\u001b[?1049l');
  }
}
