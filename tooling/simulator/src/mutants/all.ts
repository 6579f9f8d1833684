import { BROKER_MUTANTS } from "./broker.ts"
import { CHANNEL_MUTANTS } from "./channels.ts"
import { CLUSTER_MUTANTS } from "./cluster.ts"
import { GROUP_MUTANTS } from "./groups.ts"
import { HISTORY_MUTANTS } from "./histories.ts"
import type { Mutant } from "./mutant.ts"
import { READER_MUTANTS } from "./reader.ts"
import { SESSION_MUTANTS } from "./session.ts"
import { WRITER_MUTANTS } from "./writer.ts"

/** Every defect that the simulator must find. */
export const MUTANTS: readonly Mutant[] = [
  ...WRITER_MUTANTS,
  ...READER_MUTANTS,
  ...BROKER_MUTANTS,
  ...SESSION_MUTANTS,
  ...CLUSTER_MUTANTS,
  ...GROUP_MUTANTS,
  ...CHANNEL_MUTANTS,
  ...HISTORY_MUTANTS,
]
