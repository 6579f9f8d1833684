import type { Lane } from "@luxbus/client"
import type { Dice } from "./dice.ts"
import type { LaneLedger } from "./lane-ledger.ts"
import type { WritePlan } from "./plan.ts"
import type { Task } from "./tasks.ts"

/** What {@link writeLane} needs. */
export interface WriteLaneParts {
  readonly lane: Pick<Lane, "write">
  readonly ledger: LaneLedger
  readonly dice: Dice
  readonly task: Task
  /** Whether to write on: not when the reader asked to stop. */
  readonly goesOn: () => boolean
}

/** Writes one lane as planned, and enters it in the ledger before it can arrive. Throws what `write` throws. */
export async function writeLane({ lane, ledger, dice, task, goesOn }: WriteLaneParts, plan: WritePlan): Promise<void> {
  for (let n = 0; n < plan.messages && goesOn(); n++) {
    const length = plan.maxBytes === 0 ? 0 : dice.skewed(plan.minBytes + 1, plan.maxBytes + 1) - 1
    task.at(`writing message ${n} of ${plan.messages}, ${length} bytes`)
    await lane.write(plan.text ? ledger.text(length) : ledger.bytes(length))
    ledger.accept()
    if (plan.pauseMs > 0) await task.clock.sleep(dice.between(0, 2 * plan.pauseMs))
  }
}
