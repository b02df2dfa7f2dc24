/** The log of one run of a container, as it stands in the evidence. */
export interface LogFile {
  readonly path: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly previous: boolean;
  readonly text: string;
}
