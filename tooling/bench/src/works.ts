import type { Work } from "./work.ts"
import { bulk } from "./works/bulk.ts"
import { fanOut } from "./works/fan-out.ts"
import { keystrokes } from "./works/keystrokes.ts"
import { oneToOne } from "./works/one-to-one.ts"

/** All works, in the order in which they run. */
export const WORKS: readonly Work[] = [fanOut, oneToOne, bulk, keystrokes]

/** @throws Error for a name that is none */
export function findWork(name: string): Work {
  const work = WORKS.find((candidate) => candidate.name === name)
  if (work === undefined) throw new Error(`There is no work "${name}".`)
  return work
}
