import type { Payload } from "@luxbus/client"
import type { Dice } from "./dice.ts"
import type { GapTold, LaneCheck } from "./lane-check.ts"
import type { Task } from "./tasks.ts"
import { codeOf } from "./tasks.ts"

/** What {@link readLane} needs. */
export interface ReadLaneParts {
  readonly lane: { next(): Promise<Payload | undefined> }
  readonly check: LaneCheck
  readonly task: Task
  readonly dice: Dice
  /** Between two readings, on average. */
  readonly pauseMs: number
  /** After each payload; false: stop reading. */
  readonly afterEach?: (count: number) => Promise<boolean> | boolean
}

/**
 * Reads one lane until it ends, and holds it against its ledger. A gap that is thrown is noted, and reading goes on.
 * @returns how it ended: `end`, `stopped` by `afterEach`, or the code that reading threw
 */
export async function readLane(parts: ReadLaneParts): Promise<string> {
  const { lane, check, task, dice, pauseMs, afterEach } = parts
  for (let count = 0; ; ) {
    task.at(`reading chunk ${check.next}`)
    try {
      const payload = await lane.next()
      if (payload === undefined) {
        check.end()
        return "end"
      }
      check.payload(payload)
      count++
    } catch (error) {
      const code = codeOf(error)
      if (code !== "gap" || !isGap(error)) return code
      check.gap(error.details)
    }
    if (afterEach !== undefined && !(await afterEach(count))) return "stopped"
    if (pauseMs > 0) await task.clock.sleep(dice.between(0, 2 * pauseMs))
  }
}

function isGap(error: unknown): error is { readonly details: GapTold } {
  return error instanceof Error && "details" in error && "ranges" in (error.details as object)
}
