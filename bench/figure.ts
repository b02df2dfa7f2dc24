/** One line of the results. */
export interface Figure {
  readonly name: string;
  readonly value: number | string;
  readonly unit: string;
}
