/** A defect that is planted into a package's code, to see that the simulator finds it. */
export interface Mutant {
  /** In kebab-case. */
  readonly name: string
  /** Relative to the repository. */
  readonly file: string
  /** Stands in the file exactly once. */
  readonly search: string
  readonly replacement: string
  /** What it breaks, in one sentence. */
  readonly breaks: string
  /** What only some runs have and it takes to find it: several brokers, groups, channels, topics with a history, or one whose publishers meet in one turn (`busy`). Default: any run can. */
  readonly needs?: "brokers" | "groups" | "channels" | "histories" | "busy"
}
