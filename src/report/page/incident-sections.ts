import { html, type View } from '../../html/html.ts';
import type { IncidentReport } from '../model/incident-report.ts';
import { changesPart, type CommandBlock, reasoningPart, runbooksPart, stepsPart } from './answer-parts.ts';
import { chainGraph } from './chain-graph.ts';
import { evidenceList, type FileLink } from './evidence-part.ts';
import { filesPart, type IncidentLink, messagesPart, relatedPart, runsPart, timelinePart } from './incident-parts.ts';

export interface SectionOptions {
  readonly file: FileLink;
  readonly incident: IncidentLink;
  readonly command: CommandBlock;
}

export interface ReportSection {
  /** Its place in the page, for links. */
  readonly id: string;
  readonly title: string;
  readonly view: View;
}

/** Everything of an incident below what is clear at a glance, the most telling first; only what there is. */
export function incidentSections(report: IncidentReport, options: SectionOptions): readonly ReportSection[] {
  const { answer, timeline, runs } = report;
  const { file, incident, command } = options;
  const all: readonly (readonly [string, string, View])[] = [
    ['evidence', evidenceTitle(report), answer === null ? null : evidenceList(answer.findings.evidence, file)],
    ['steps', 'Further steps', answer === null ? null : stepsPart(answer, command)],
    ['runbooks', 'Runbooks that fit', answer === null ? null : runbooksPart(answer)],
    ['changes', 'What changed before', answer === null ? null : changesPart(answer)],
    ['timeline', 'Timeline', timelinePart(timeline)],
    ['graph', 'From the cause to what it breaks', answer === null ? null : chainGraph(answer)],
    ['related', 'Related', relatedPart(report, incident)],
    ['reasoning', 'How sure, and what else was looked at', answer === null ? null : reasoningPart(answer, file)],
    ['runs', 'Investigations', runsPart(runs)],
    ['messages', 'Messages', messagesPart(report.messages)],
    ['files', 'Files', filesPart(report, file)],
  ];
  return all.flatMap(([id, title, view]) => (view === null ? [] : [{ id, title, view }]));
}

function evidenceTitle({ answer }: IncidentReport): string {
  if (answer?.cause) return 'What shows it';
  return answer?.isFault === false ? 'What shows that nothing is wrong' : 'What stands there';
}

/** The sections one under the other, each with a heading. */
export function sectionList(sections: readonly ReportSection[]): View {
  return html`${sections.map(
    ({ id, title, view }) =>
      html`<section id=${id} aria-labelledby=${`${id}-title`}>
        <h2 id=${`${id}-title`}>${title}</h2>
        ${view}
      </section>`,
  )}`;
}
