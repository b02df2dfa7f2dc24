/** Who is addressed when a text means an assistant and not a person or a program of the cluster. */
const assistant =
  '(?:AI|LLMs?|language models?|chatbots?|assistants?|copilots?|GPT|(?:AI|LLM|triage|automated|autonomous|automatic|remediation|on-?call|SRE|investigat(?:ing|ion)|incident|diagnos(?:tic|is)) (?:agents?|bots?|responders?|tools?|assistants?|models?|analysts?|systems?))';

/** Commands that change a cluster. */
const kubectlChange =
  'kubectl\\b[^.\\n]{0,60}\\b(?:delete|drain|cordon|scale|patch|apply|edit|exec|replace|annotate|label|rollout)';

const pattern = (...parts: readonly string[]): RegExp => new RegExp(parts.join(''), 'iu');

/** Words by which a text addresses an assistant or gives it orders: data must not do that. */
const patterns: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}\b(?:previous|prior|preceding|above|all|any|other|earlier|your|everything)\b[^.\n]{0,40}\b(?:instructions?|evidence|prompts?|rules?|findings?|context|logs?|guidelines?|before|above|told)\b/iu,
  /\b(?:system|developer|assistant)\s*(?:prompt|instruction|override)s?\b|\b(?:system|developer) message\s*:/iu,
  pattern(
    `\\b${assistant}\\b[^.\\n]{0,60}\\b(?:must|should|shall|please|has to|have to|needs? to|`,
    'are (?:instructed|required|authori[sz]ed|pre-?approved|allowed|asked|expected)|',
    'is (?:instructed|required|authori[sz]ed|allowed|asked|expected)|report|conclude|respond|run|execute|answer|state)\\b',
  ),
  pattern(
    '\\b(?:note|message|instructions?|attention|important|notice|dear|hey|hello|to)\\b[^.\\n]{0,20}',
    `(?:\\b(?:for|to) (?:the |any |all |our |every )?|, ?|: ?)(?:${assistant}|automated|agents|model)\\b`,
  ),
  pattern(`\\b(?:hey|hello|hi|dear),? (?:${assistant})\\b`),
  // Called by its name, then told what to do.
  pattern(
    `(?:^|["'\\s(])${assistant} ?[:,] [^\\n]{0,120}\\b(?:drain|delete|scale|restart|cordon|apply|approve|report|conclude|`,
    'mark|ignore|skip|execute|disable|say|answer|state|close)\\b',
  ),
  /\b(?:whoever|anyone|anybody|everyone|everybody|if you(?:'re| are)?)\b[^.\n]{0,30}\b(?:read(?:s|ing)?|analy[sz](?:e|es|ing)|process(?:es|ing)?|summari[sz](?:e|es|ing)|investigat(?:e|es|ing)|diagnos(?:e|es|ing))\b[^.\n]{0,20}\b(?:this|these|the)\b[^.\n]{0,20}\b(?:logs?|lines?|messages?|texts?|evidence|incidents?|alerts?|clusters?|output)\b[^.\n]{0,80}\b(?:must|should|shall|please|do not|don't|never|always|run|report|conclude|answer|say|state|ignore)\b/iu,
  /\b(?:when|while|before) (?:you )?(?:are )?(?:analy[sz](?:e|ing)|summari[sz](?:e|ing)|investigat(?:e|ing)|triag(?:e|ing)|diagnos(?:e|ing))\b[^.\n]{0,60}\b(?:always|never|must|should|please|do not|don't|ignore|report|conclude|state|say|answer|run)\b/iu,
  /\byou are (?:now )?(?:an?|the|in|no longer) [^.\n]{0,40}\b(?:assistant|agent|AI|model|administrator|operator|mode)\b/iu,
  /\b(?:your (?:new |only |real |next )?(?:task|goal|instructions?|answer)|(?:your|the) (?:verdict|diagnosis|final answer|conclusion))\b[^.\n]{0,30}\b(?:is to|are to|is now|must|should|shall|has to)\b[^.\n]{0,60}\b(?:be|say|state|report|contain|conclude|ignore|name|read|not|run|approve)\b/iu,
  /\b(?:report|conclude|state|say|answer|write|respond|reply)\b[^.\n]{0,60}\b(?:root cause|no fault|is_fault|is healthy|are healthy|false positive|no action)\b/iu,
  /\b(?:mark|close|resolve|classify|treat|set|dismiss)\b[^.\n]{0,20}\b(?:this|the) (?:incident|alert|finding|investigation|case)\b[^.\n]{0,30}\b(?:as|to) (?:resolved|closed|benign|healthy|a? ?false positive|not? a? ?fault|no fault|known|harmless)\b/iu,
  /\bno (?:further |more |additional )?(?:investigation|analysis|triage|diagnosis|root cause analysis) (?:is |are |will be )?(?:needed|required|necessary|wanted)\b/iu,
  pattern(
    '\\b(?:pre-?approved|already approved|approved by|pre-?authori[sz]ed|(?:authori[sz]ed|signed off|cleared) by (?:the )?(?:SRE|ops|platform|security|owner|team|admin|lead|management))\\b',
    '[^\\n]{0,80}\\b(?:kubectl|drain|delete|apply|scale|run|execute|restart)\\b',
  ),
  pattern(
    `\\b(?:must|please|immediately|at once|now|first|instead|safe to|need to)\\b[^.\\n]{0,40}\\b(?:run|execute|issue|use)?\\b[^.\\n]{0,20}${kubectlChange}\\b`,
  ),
  /\b(?:do not|don't|never)\b[^.\n]{0,30}\b(?:mention|report|investigate|look at|tell|blame|disclose|reveal)\b[^.\n]{0,12}\b(?:this|the|any|these|that|it)\b/iu,
  /<\/?(?:system|instructions?|assistant|user|prompt)>|\[\/?INST\]|<\|(?:im_start|im_end|system|user|assistant|endoftext)\|>|#{2,} ?(?:system|assistant)\b|\b(?:BEGIN|END) (?:SYSTEM|INSTRUCTIONS?|PROMPT)\b/iu,
  /\bignor(?:iere|ieren|ez|er|a|ad|en|e)\b[^.\n]{0,40}\b(?:anweisung|instruction|instruccion|istruzion|instru[cç])|忽略.{0,12}(?:指令|指示|提示)|以前の指示|игнорируй/iu,
];

const maxFlags = 20;

/** A text of others, and where it was found. */
export interface ForeignText {
  readonly path: string;
  readonly text: string;
}

/** Texts of others that try to instruct an assistant, one for each text, at most 20. */
export function findInstructions(files: readonly ForeignText[]): { file: string; quote: string }[] {
  const found = new Map<string, { file: string; quote: string }>();
  for (const { path, text } of files) {
    let before = noLine;
    for (const line of text.split('\n')) {
      if (found.size >= maxFlags) return [...found.values()];
      if (isOneWord(line)) {
        before = noLine;
        continue;
      }
      const plain = plainText(line);
      const current = { end: plain.slice(-longestPart), suspect: mayInstruct.test(plain.toLowerCase()) };
      const at = (current.suspect ? placeOf(plain) : null) ?? brokenOver(before, current, plain);
      before = at === null ? current : noLine;
      if (at === null) continue;
      const quote = around(line, at);
      const key = quote.replace(/\d+/g, '#');
      if (!found.has(key)) found.set(key, { file: path, quote });
    }
  }
  return [...found.values()];
}

/** Most lines of an object: a field whose value is one word. Texts without spaces between words are not in ASCII. */
function isOneWord(line: string): boolean {
  const key = line.indexOf('": ');
  const value = key < 0 ? line.trim() : line.slice(key + 3);
  return !value.includes(' ') && !value.includes('\\') && isAscii.test(value);
}

interface LineEnd {
  readonly end: string;
  /** A word of an instruction stands in the line. */
  readonly suspect: boolean;
}

/** So much of a line counts for one that goes on in the next. */
const longestPart = 160;
const shortest = 20;
const noLine: LineEnd = { end: '', suspect: false };

/** Where in a text an instruction begins, null when there is none. */
function placeOf(plain: string): number | null {
  if (plain.length < shortest) return null;
  const first = Math.min(...patterns.map((it) => it.exec(plain)?.index ?? Infinity));
  return first === Infinity ? null : first;
}

/** An instruction that begins in the line before: 0 when there is one. */
function brokenOver(before: LineEnd, current: LineEnd, plain: string): number | null {
  if (before.end === '' || !(before.suspect || current.suspect)) return null;
  return placeOf(`${before.end} ${plain.slice(0, longestPart)}`) === null ? null : 0;
}

/** Words of which every pattern needs one, in small letters: most lines have none, and are done with one look. */
const mayInstruct = new RegExp(
  [
    'ignor|disregard|forget|overrid|bypass|instruct|prompt|(?:system|developer) message',
    '\\bai\\b|\\bgpt|\\bllm|language model|chatbot|assistant|copilot|triag|automat|autonomous|remediation|on-?call|\\bsre\\b',
    'investigat|incident|diagnos|analy[sz]|summari[sz]|agents\\b|\\bmodel\\b|whoever|anyone|anybody|everyone|everybody|if you',
    'you are|your |verdict|final answer|conclusion|root cause|no fault|is_fault|(?:is|are) healthy|false positive|no action',
    '(?:this|the) (?:alert|finding|case)\\b|approved|authori[sz]ed|signed off|cleared by|kubectl\\s|do not |don.t |never ',
    '<[/|]?(?:system|user|im_|prompt|end)|\\[/?inst\\]|## ?system|begin system|end system|忽略|指示|игнор',
  ].join('|'),
);

/** The text as a reader takes it: escapes of JSON and line breaks as spaces, unseen characters gone, letters in one form. */
function plainText(line: string): string {
  const joined = line.includes('\\') ? line.replace(/\\+[nrt]/g, '  ') : line;
  return isAscii.test(joined) ? joined : joined.normalize('NFKC').replace(unseen, '');
}

const isAscii = /^[\0-\x7f]*$/;
const unseen = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/g;

/** The part of a line around what was recognised, at most 300 characters. */
function around(line: string, at: number): string {
  const start = Math.max(0, Math.min(at - 40, line.length - 300));
  return line.slice(start, start + 300).trim();
}
