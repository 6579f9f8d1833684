import type { JobRecord } from "./job.ts"
import type { LaneCheck } from "./lane-check.ts"
import type { ViewerPlan } from "./plan.ts"
import type { Viewing } from "./view-job.ts"
import type { World } from "./world.ts"

/** What a chunk takes in a ring beside its data, at most: a run of its own (320 bytes) and its frame's header. */
const RING_SLACK = 400

/** Whether what one viewer got, and how it ended, is explained by what was written and what went wrong. */
export function judgeViewer(
  world: World,
  job: JobRecord,
  plan: ViewerPlan,
  who: string,
  viewing: Viewing,
  startedIn: number,
): void {
  const { findings } = world
  const { outcome, mainEnd, errorEnd, main, error, closedByPlan } = viewing
  if (closedByPlan || job.isTaken) return
  const hasRestarted = world.isCluster || world.generation > Math.min(startedIn, job.openedIn || startedIn)
  const writer = world.participant(job.plan.writer)
  const byWriter = outcome === job.intent
  if (!byWriter) {
    // Closing is told once: where the connection is lost with it, the window tells.
    const isUntold = job.plan.ending === "close" && outcome === "expired"
    const isExplained =
      isUntold || writer.killed
        ? ["expired", "error", "fenced"].includes(outcome) || hasRestarted
        : hasRestarted && ["unknown_stream", "expired", "gap", "error", "fenced"].includes(outcome)
    findings.check(isExplained, () => `${who} ended with ${outcome}, and the writer meant ${job.intent ?? "to go on"}`)
  }
  for (const [check, end, name] of [
    [main, mainEnd, "main"],
    [error, errorEnd, "error"],
  ] as const) {
    if (end === undefined) continue
    // The broker may have lost what it had still to send: it must say so, or another one that waits for it in vain.
    const isLost =
      (hasRestarted && ["unknown_stream", "gap"].includes(end)) ||
      (world.isCluster && world.generation > startedIn && end === "expired")
    if (byWriter && job.plan.ending !== "close" && !isLost) {
      findings.check(end === "end", () => `${who} saw ${outcome}, but ${name} ended with ${end}`)
      findings.check(
        check.whole,
        () => `${who} saw ${outcome} with ${name} at ${check.next} of ${ledgerOf(job, name).next}`,
      )
    }
    judgeGaps(world, job, who, check, hasRestarted)
  }
  void plan
}

function ledgerOf(job: JobRecord, name: "main" | "error") {
  return name === "main" ? job.main : job.error
}

/** A hosted stream has gaps only where its ring was too small, or where its broker began anew. */
function judgeGaps(world: World, job: JobRecord, who: string, check: LaneCheck, hasRestarted: boolean): void {
  const ringBytes = world.plan.broker.ringBytes ?? 0
  for (const { reason, first } of check.gaps) {
    const isExplained =
      hasRestarted ||
      (job.plan.liveBytes !== undefined && reason === "lagged") ||
      ((reason === "evicted" || reason === "lagged") && heldBytes(job) > ringBytes)
    world.findings.check(isExplained, () => `${who} had a gap to ${first} (${reason}) that nothing explains`)
  }
}

/** What the ring would take to hold all of the stream, at most. */
function heldBytes({ main, error }: JobRecord): number {
  // The ENDs.
  let bytes = 2 * RING_SLACK
  for (const ledger of [main, error]) {
    for (let number = 0; number < ledger.next; number++) {
      bytes += (ledger.chunk(number)?.data.length ?? 0) + RING_SLACK
    }
  }
  return bytes
}
