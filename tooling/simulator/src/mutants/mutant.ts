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
  /** Whether only runs at a cluster of brokers can find it. Default false. */
  readonly isOfCluster?: boolean
}
