import { longestQuestion } from '../../../domain/question.ts';
import { plainWords } from './plain-words.ts';

/** What can be asked about an incident, in the order in which several are answered. */
export const intents = [
  'acts',
  'summary',
  'ruled_out',
  'cause',
  'evidence',
  'state',
  'since',
  'changed',
  'written_by',
  'steps',
  'undo',
  'logs',
  'events',
  'exits',
  'affected',
  'node',
  'measured',
  'resources',
  'images',
  'ports',
  'config',
  'history',
  'investigations',
  'about',
  'who',
  'help',
] as const;
export type Intent = (typeof intents)[number];

/** What a time narrows. */
export const narrowedByTime: ReadonlySet<Intent> = new Set(['changed', 'written_by', 'events']);

/** A question is answered in so many parts at most. */
const maxIntents = 3;

/** What people undo when they mean the release and not a step of ours. */
const released =
  '(?:(?:the|this|that|my|our|last|latest|bad|new) )*(?:deploy|deployment|release|rollout|upgrade|update|version|image|change)s?\\b';
const backwards = new RegExp(
  `\\broll(?:ing)? ?(?:(?:it|that|this|everything|(?:the )?\\w+) )?back\\b|\\brevert(?:ing)?\\b|\\bback (?:it |this |that )?out\\b|\\b(?:undo|reverse|take back) ${released}|\\b(?:go|get|switch|move|return) (?:it |us )?back to\\b(?! (?:bed|sleep|work|normal)\\b)|\\bhow (?:do|can|to) (?:(?:i|we) )?go back\\b`,
);

/** What somebody does to an object and the API server notes. */
const writing =
  'set|sets|changed|changes|edited|modified|touched|wrote|written|overwrote|deployed|applied|created|scaled|deleted|removed|rotated|updated|upgraded|patched|pushed|configured|added|introduced|raised|lowered|increased|decreased|reduced|reset|restarted|paused|released|shipped|rolled (?:it |this |that )?out|put';

/** Words that say what is asked, each with its other forms; read on words that are all small and free of signs. */
const words: Record<Intent, RegExp> = {
  acts: /^(?:please )?(?:(?:can|could|will|would) you )?(?:please )?(?:restart|delete|remove|scale|drain|cordon|ack|acknowledge|resolve|close|silence|mute|kill|redeploy|reboot|apply|patch|execute|run|rerun|roll (?:it |this |that )?back)\b(?! (?:codes?|reasons?|policy|limits?|before)\b)/,
  summary:
    /\bsummar\w*\b|\btl ?dr\b|\bgoing on\b|\b(?:should|must) (?:i|we) know\b|\b(?:i|we) should know\b|\boverview\b|\bin short\b|\bshort version\b|\bcatch (?:me|us) up\b|\bbrief(?:ly|ing)?\b|\bwhat is up\b/,
  ruled_out:
    /\b(?:is|are|was) (?:the |our |your )?(?:network|dns|memory|cpu|disk|storage|volume|image|registry|quota|probe|config|permission|rbac|certificate|scheduler|autoscaler|service|database|db|backend|upstream|dependency|port|code|bug|app|application|webhook|admission|secret|key|limit|tls|rights|scheduling)s? (?:ok|okay|up|down|fine|healthy|unhealthy|broken|working|slow|to blame|guilty|involved)\b|\bwhy not\b(?! (?:ready|running|run|scheduled|starting|started|working|up|available|healthy|responding|reachable|connecting|pulling))|\b(?:rule|ruled|ruling) out\b|\b(?:other|else) (?:cause|causes|reason|explanation)|\bwhat else could\b|\b(?:is|isnt|could|might|was|maybe) (?:it|this)(?: be| not| really| maybe)*(?: (?:the|a|an|about|due to|caused by))?(?: \w+)? (?:node|network|dns|memory|cpu|disk|storage|volume|image|registry|quota|probe|config|permission|rbac|certificate|scheduler|autoscaler|service|database|db|backend|upstream|dependency|port|code|bug|app|application|webhook|admission|secret|key|limit|tls|rights|scheduling)s?\b|\bnot the \w+|\bpackets?\b|\b(?:is|was|are|were|isnt) (?:the )?\w+(?: \w+)? (?:the culprit|to blame|guilty|at fault)\b/,
  cause:
    /\bwhy\b|\b(?:root )?cause\b|\breason\b|\bwrong\b|\bwhat (?:has )?happened\b|\bwhat is happening\b|\bhow come\b|\bexplain\b|\bwtf\b|\bwhat (?:is|was) (?:this|it|the (?:problem|issue|matter|error|fault|deal))\b|\bproblem\b|(?<!\bpods? (?:is |are )?)\bmissing\b|\bculprit\b|\bwhat (?:is )?(?:broken|failing|fails|failed|broke|error)\b/,
  evidence:
    /\bevidence\b|\bproof\b|\bprove[sd]?\b|\bhow (?:do|can|would) you know\b|\bsure\b|\bconfiden(?:t|ce)\b|\bcertain\b|\bbased on\b|\bsays who\b|\bbelieve\b|\bsource\b|\bwhat (?:is|was) missing\b|\bnot (?:be )?(?:see|seen)\b|\bblind\b/,
  state:
    /\bstill\b|\b(?:up|down|alive|dead|over|fixed|resolved|recover|recovers|recovered|recovering|healthy|unhealthy|back|gone|working|better|worse|ready|stable|online|offline)\b|\b(?:is|are|it|all|everything)\b.*\bok(?:ay)?\b|\bstatus\b|\bstate\b|\bcurrent(?:ly)?\b|\bright now\b|\bhow (?:is|are) (?:it|this)\b|\bhow (?:is|are) \w+(?: \w+){0,4}$|\bclosed\b|\bopen\b|\bstuck\b|\bretr(?:y|ies|ied)\b|\bby itself\b/,
  since:
    /\bsince\b|\bwhen\b|\bhow long\b|\btimeline\b|\b(?:it|this|that|things|all|problem|incident|fault|trouble) (?:started|began)\b|\bfirst (?:seen|fault|time it)\b|\bwhat time\b|\bhow old\b|\bduration\b/,
  changed:
    /\bchange[sd]?\b|\bchanging\b|\bdeployed\b|\bdeploys\b|\b(?:did|anyone|anybody|someone|somebody|we|they|last|recent|new|the|that|a) deploy\b|\broll ?out\b(?! (?:stuck|paused|finished|done|complete|blocked|hanging|progressing)\b)|\brolled out\b|\brelease[sd]?\b|\bdiff(?:erence|erent)?\b|\bnew version\b|\bmodified\b|\bupdated\b|\bedit(?:s|ed)?\b|\brotat(?:e|ed|ion)\b|\btouched\b|\b(?:did|has|have) (?:any|some)(?:one|body) (?:restart|scale|delete|remove|touch|apply|push|merge|upgrade|patch|drain|cordon|move)\w*\b|\brevisions?\b|\b(?:did|has|have|was|were|who)\b.*\b(?:roll(?:ed)?|revert(?:ed)?)\b/,
  written_by: new RegExp(
    `\\b(?:who|which (?:person|user|human|program|tool|controller|manager|component|team|one)|what(?= (?:set|wrote|scaled|edited|modified|touched|overwrote|reset)\\b)) (?:has |have |had |else |last |just |even |the hell |actually )*(?:${writing})\\b|\\b(?:${writing}) (?:it |this |that )?by (?:who|whom)\\b|\\bby whom\\b|\\bwho (?:did|made|is behind|was behind) (?:it|this|that|(?:the|this|that) (?:last |latest |bad )?(?:change|edit|deploy|deployment|rollout|release|update|setting))\\b|\\bwhose (?:change|edit|deploy|deployment|setting|rollout|release)\\b`,
  ),
  steps:
    /\bfix\b|\bfixing\b|\bwhat (?:should|shall|do|can|could|must|would) (?:i|we|you)\b.*\bdo\b|\bwhat to do\b|\bwhat now\b|\bnext\b|\bremed(?:y|iation)\b|\bsolve\b|\bsolution\b|\bmitigate\b|\brepair\b|\bresolve\b|\bworkaround\b|\bcommands?\b|\brunbook\b|\bshould (?:i|we) (?!wake|call|page|know|be)\b|\bcan (?:i|we) (?:just |safely )?(?:ignore|restart|delete|scale|pause|resume|drain|cordon|kill|remove|rerun|retry|redeploy|deploy|edit|patch|apply|change|raise|increase|bump|wait|stop|disable|force)\b|\bsafe to\b|\b(?:will|would) (?:a |the )?(?:restart|reboot|rollback|scale|scaling|it) help\b|\bhelp me\b|\bwhat happens (?:if|when) (?:i|we)\b(?! (?:do nothing|wait|leave|ignore)\b)|\bhow (?:do|can|to|should) (?:(?:i|we) )?(?:raise|increase|bump|set|add|correct|edit|patch|restart|stop|change)\b|\bhow (?:do|can|to) (?:i|we) (?:get|make|bring)\b|\badvice\b|\brecommend\w*\b|\bsuggest\w*\b/,
  undo: new RegExp(
    `\\b(?:undo|reverse|take back)\\b(?! ${released})|\\bundone\\b|\\breversible\\b|\\btake (?:it|that|this) back\\b|\\bput (?:it )?back\\b|\\b(?:roll|revert)\\b.*\\b(?:afterwards?|later|again)\\b`,
  ),
  logs: /\blogs?\b|\blogged\b|\bstdout\b|\bstderr\b|\boutput\b|\bstack ?trace\b|\btraceback\b|\bprint(?:s|ed)?\b|\bit print\b|\btail\b|\berror (?:line|message)s?\b|\b(?:give|show|see|print|exact|full|any) (?:me |us )?(?:the )?(?:exact |full |actual )?errors?\b/,
  events: /\bevents?\b|\bwarnings?\b/,
  exits:
    /\bexit(?:s|ed)?\b|\bexit ?codes?\b|\brestart(?:s|ed|ing)?\b|\bcrash(?:es|ed|ing)?\b|\bcrash ?loop\w*\b|\bterminat(?:ed|ion)\b|\bkilled\b|\bsignal\b|\bdied\b|\bdie[s]?\b|\bcode\b/,
  affected:
    /\baffect(?:s|ed)?\b|\bvictims?\b|\bpods?\b|\bimpact(?:s|ed)?\b|\bblast\b|\bhow (?:bad|many)\b|\bwhich (?:service|deployment|workload|container|object|one)s?\b|\breplicas?\b|\bserv(?:e|es|ing)\b|\b(?:users|customers)\b|\boutage\b|\bwhat else is\b|\bscope\b|\bwhere\b|\bback to (?:bed|sleep)\b|\b(?:can|could|should|may) (?:i|we) (?:sleep|wait|ignore)\b|\b(?:can|could) (?:it|this|that) wait\b|\burgent\b|\bdo nothing\b/,
  node: /\bnodes?\b|\bhosts?\b|\bmachines?\b|\bkubelet\b|\btaints?\b|\btolerations?\b|\bcluster full\b|\bcapacity\b|\bwhere (?:does|is|did) (?:it|this|that) (?:run|running|scheduled)\b|\bscheduled\b/,
  measured:
    /\blatenc(?:y|ies)\b|\bthroughput\b|\brps\b|\bqps\b|\bp9\d\b|(?<!\bserv(?:e|es|ing) (?:\w+ )?)\btraffic\b|\berror rates?\b|\bmetrics?\b|\busages?\b|\butili[sz]\w+\b|\b(?:memory|cpu|ram|disk|load) (?:use|used|load|consumption|now)\b|\bhow much (?:memory|cpu|ram|disk|load|traffic)\b|\bmemory leak\b|\bper second\b/,
  resources:
    /\blimits?\b|\brequests?\b|\bmemory\b|\bmem\b|\bram\b|\bcpu\b|\bresources?\b|\bquotas?\b|\boom(?:killed)?\b|\bheap\b/,
  images: /\bimages?\b|\bversions?\b|\btags?\b|\bdigests?\b|\bbuilds?\b/,
  ports:
    /\bports?\b|\bprobes?\b|\bliveness\b|\breadiness\b|\bhealth ?checks?\b|\bendpoints?\b|\blisten(?:s|ing)?\b|\bselectors?\b/,
  config:
    /\bconfig(?:uration|map|maps|s)?\b|\benv(?:ironment|s)?\b|\bvars?\b|\bvariables?\b|\bsettings?\b|\bvalues?\b|\bsecrets?\b|\bpasswords?\b|\btokens?\b|\bcredentials?\b|\bkeys?\b|\bmount(?:s|ed)?\b|\bargs?\b|\bcommand line\b/,
  investigations:
    /\bcosts?\b|\bspent\b|\btokens used\b|\bmodel\b|\bagents?\b|\binvestigat\w+\b|\bhow many runs\b|\bwho answered\b/,
  about:
    /\bseverity\b|\burgent\b|\bpriority\b|\b(?:which|what) (?:cluster|namespace|environment|incident)\b|\breport\b|\blink\b|\burl\b|\bdashboard\b|\btitle\b/,
  history:
    /\bbefore\b|\bagain\b|\bprevious(?:ly)?\b(?! (?:log|run|container|version|image|revision|instruction|prompt)s?\b)|\blast time\b|\bseen this\b|\b(?:related|similar|same) (?:alerts?|faults?|problems?|issues?|crash\w*)\b|\brecurr\w+\b|\bfirst time\b|\bhow often\b|\bearlier\b|\b(?:other|related|similar|same) incidents?\b|\bin the past\b|\bhistory\b|\bregular\w*\b|\bflap\w*\b|\bever\b|\b(?:anything|something|what) else (?:was |is )?(?:broken|broke|failing|failed|down)\b|\bsame time\b/,
  who: /\bwho\b(?! (?:(?:is |are |was |were )?(?:affected|impacted|hit)|(?:else )?(?:calls?|uses?|talks?|depends?|needs?|sends?))\b)|\bwhose\b|\bowns?\b|\bowner\b|\bassign\w*\b|\backnowledged?\b|\backed\b|\bon ?call\b|\bteam\b|\bresponsible\b|\bhandl(?:es|ing)\b|\banyone\b|\banybody\b|\bsomebody\b|\bsomeone\b|\btold\b|\bnotified\b/,
  help: /^(?:help|what can (?:i|you|we) (?:ask|do|answer)|commands|usage|hi|hello|hey|thanks|thank you|thx|ok|okay|cool|great)$/,
};

/** What an intent says already, or means by a word that another one has too. */
const silences: Partial<Record<Intent, readonly Intent[]>> = {
  acts: intents.filter((intent) => intent !== 'acts'),
  summary: ['cause', 'about', 'state', 'steps'],
  about: ['state', 'affected', 'config', 'cause'],
  investigations: ['state', 'cause', 'who', 'steps', 'history', 'affected'],
  ruled_out: ['cause', 'state', 'node', 'measured', 'resources', 'images', 'ports', 'config', 'affected', 'evidence'],
  undo: ['steps', 'state', 'changed'],
  steps: ['state', 'cause', 'who', 'history', 'exits', 'affected'],
  evidence: ['cause', 'state', 'config'],
  logs: ['state', 'cause', 'affected', 'exits', 'changed', 'since'],
  events: ['state', 'cause', 'affected', 'since'],
  since: ['state', 'exits', 'cause', 'affected'],
  changed: ['since', 'history', 'images', 'who', 'state', 'config', 'affected'],
  written_by: [
    'changed',
    'who',
    'since',
    'history',
    'state',
    'affected',
    'exits',
    'node',
    'measured',
    'resources',
    'images',
    'ports',
    'config',
    'cause',
    'steps',
  ],
  history: ['state', 'cause', 'since', 'affected'],
  who: ['state', 'history', 'affected', 'cause'],
  exits: ['affected', 'state', 'config'],
  node: ['affected', 'state'],
  measured: ['affected', 'state', 'cause'],
  resources: ['affected', 'state'],
  images: ['affected', 'state'],
  ports: ['affected', 'state', 'config'],
  config: ['affected', 'state'],
  affected: ['state', 'cause'],
  cause: ['state', 'affected'],
};

/** What a question asks, at most three things; none where it is not understood. Typing mistakes are taken for the word nearest. */
export function intentsOf(question: string): readonly Intent[] {
  const asked = new Set(partsOf(question).flatMap(intentsOfPart));
  return intents.filter((intent) => asked.has(intent)).slice(0, maxIntents);
}

/** `why did it crash and what does the log say`: each part asks by itself. */
function partsOf(question: string): readonly string[] {
  return (
    question
      .slice(0, longestQuestion)
      // `who changed it and when` is one question.
      .replaceAll(/\band (?=(?:since )?when\s*(?:[?!.]|$))/gi, '')
      .split(/[?!]+|\.\s|\b(?:and|also)\b/i)
      .slice(0, 20)
  );
}

/** Whether somebody wants to go back to what ran before; not whether somebody did, and not how a step is taken back. */
export function asksRollBack(question: string): boolean {
  return partsOf(question).some((part) => rollsBack(plainWords(part)));
}

function rollsBack(text: string): boolean {
  return backwards.test(text) && !words.undo.test(text) && !/^(?:did|has|have|was|were|who)\b/.test(text);
}

function intentsOfPart(part: string): readonly Intent[] {
  const text = plainWords(part);
  // `DB_HOST` is a variable, whatever its words say.
  const goesBack = rollsBack(text);
  const says = (intent: Intent): boolean => words[intent].test(text) || (intent === 'steps' && goesBack);
  const isOfVariable = variablesIn(part).length > 0 && !says('written_by');
  const said = isOfVariable ? (['config'] as const) : intents.filter(says);
  const silenced = new Set([
    ...said.filter((intent) => !isSilenced(intent, said)).flatMap((intent) => silences[intent] ?? []),
    ...(goesBack ? (['changed', 'images'] as const) : []),
  ]);
  return said.filter((intent) => !silenced.has(intent));
}

/** Names of variables: capitals with an underscore. */
export function variablesIn(question: string): readonly string[] {
  return question.slice(0, longestQuestion).match(/\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/g) ?? [];
}

/** One that is silenced itself silences nothing, unless both would be. */
function isSilenced(intent: Intent, said: readonly Intent[]): boolean {
  const at = intents.indexOf(intent);
  return said.some((other) => {
    const silent = silences[other]?.includes(intent) ?? false;
    const back = silences[intent]?.includes(other) ?? false;
    return silent && (!back || intents.indexOf(other) < at);
  });
}
