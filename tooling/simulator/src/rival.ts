import type { JobRecord } from "./job.ts"
import type { RivalPlan } from "./plan.ts"
import { codeOf } from "./tasks.ts"
import type { World } from "./world.ts"

/** How long a rival tries: so long that the broker answers, so short that it does not meet the next one. */
const PATIENCE_MS = 3_000

/** Claims a hosted stream that another client writes: it must be fenced. */
export function runRival(world: World, record: JobRecord, plan: RivalPlan): void {
  const { bus, clock } = world.participant(plan.client)
  void world.tasks.run(`${plan.job} rival ${plan.client}`, clock, async (task) => {
    await clock.sleep(plan.atMs)
    // A name that is free can be had: that proves nothing.
    if (!record.isLive || world.generation > 1) return
    task.at("claiming")
    const patience = new AbortController()
    void clock.sleep(PATIENCE_MS).then(() => patience.abort())
    // Who gives up, or dies, may have got it once it was over.
    record.isTaken = true
    try {
      const stream = await bus.open(plan.job, { signal: patience.signal })
      world.trace.note(`${task.name}: has the stream`)
      await stream.fail({ status: "error", code: "rival" })
    } catch (error) {
      if (codeOf(error) === "fenced") record.isTaken = false
      world.trace.note(`${task.name}: ${codeOf(error)}`)
    }
  })
}
