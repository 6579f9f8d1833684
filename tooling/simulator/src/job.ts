import type { Outcome } from "@luxbus/packet"
import { Lane } from "@luxbus/packet"
import { LaneLedger } from "./lane-ledger.ts"
import { openOptions } from "./open-options.ts"
import type { JobPlan } from "./plan.ts"
import { codeOf, type Task } from "./tasks.ts"
import { viewJob } from "./view-job.ts"
import type { World } from "./world.ts"
import { writeLane } from "./write-lane.ts"

/** What is known of one hosted stream from the side of who writes it. */
export class JobRecord {
  readonly plan: JobPlan
  readonly main: LaneLedger
  readonly error: LaneLedger
  /** The status that the writer ends with, once it tries. */
  intent: Outcome["status"] | undefined
  /** How the writer's stream came to its end: `done`, or the code of its failure. */
  result: string | undefined
  /** Broker processes that had run when the writer began, and when it ended. */
  openedIn = 0
  endedIn = 0
  /** Whether the broker has taken it. */
  isOpen = false
  /** Whether another client got its name once it was over. */
  isTaken = false
  /** Viewers that have asked it to stop, and wait for it. */
  readonly cancelledBy = new Set<string>()

  /** Whether it is being written. */
  get isLive(): boolean {
    return this.isOpen && this.result === undefined
  }

  constructor(plan: JobPlan) {
    this.plan = plan
    this.main = new LaneLedger(plan.name, Lane.main)
    this.error = new LaneLedger(plan.name, Lane.error)
  }
}

/** How long a writer waits to be cancelled: who was to cancel may be dead. */
const CANCEL_PATIENCE_MS = 60_000

/** Writes the hosted stream, and sends its viewers. */
export function runJob(world: World, plan: JobPlan): JobRecord {
  const record = new JobRecord(plan)
  const { clock } = world.participant(plan.writer)
  void world.tasks.run(`${plan.name} writer ${plan.writer}`, clock, (task) => write(world, record, task))
  for (const viewer of plan.viewers) {
    const { clock } = world.participant(viewer.client)
    void world.tasks.run(`${viewer.name} ${viewer.client}`, clock, (task) => viewJob(world, record, viewer, task))
  }
  return record
}

async function write(world: World, record: JobRecord, task: Task): Promise<void> {
  const { plan } = record
  const { bus } = world.participant(plan.writer)
  await task.clock.sleep(plan.openAtMs)
  record.openedIn = world.generation
  task.at("opening")
  try {
    const stream = await bus.open(plan.name, { headers: { name: plan.name }, ...openOptions(plan) })
    record.isOpen = true
    world.writing.add(stream)
    const dice = world.dice.fork(`write ${plan.name}`)
    const goesOn = () => !stream.signal.aborted
    const lanes = [
      { lane: stream.main, ledger: record.main, plan: plan.main },
      { lane: stream.error, ledger: record.error, plan: plan.error },
    ]
    const writes = lanes.map(({ lane, ledger, plan }) =>
      writeLane({ lane, ledger, dice: dice.fork(String(ledger.lane)), task, goesOn }, plan),
    )
    await Promise.all(writes)
    if (plan.ending === "await-cancel" && goesOn()) {
      task.at("waiting to be cancelled")
      await cancelled(world, record, stream.signal, task)
    }
    if (plan.ending === "close") {
      record.intent = "error"
      await stream.close()
      record.result = "closed"
    } else {
      const isCancelled = plan.ending === "await-cancel" || stream.signal.aborted
      record.intent = isCancelled ? "cancelled" : plan.ending === "fail" ? "error" : "done"
      task.at("ending")
      if (record.intent === "done") await stream.end()
      else await stream.fail({ status: record.intent as "error" | "cancelled", code: "failed", reason: "planned" })
      record.result = "done"
    }
  } catch (error) {
    record.result = codeOf(error)
  }
  record.endedIn = world.generation
  judgeJob(world, record)
  world.trace.note(`${task.name}: ${record.intent ?? "no end"}, ${record.result}`)
}

/** A writer that lives gets to its end, unless another took its name, or a broker that forgot it let another have it. */
function judgeJob({ findings, generation, isCluster, plan }: World, record: JobRecord): void {
  const { result = "", openedIn } = record
  const isExplained =
    result === "done" || result === "closed" || ((isCluster || generation > openedIn) && result === "fenced")
  findings.check(isExplained || plan.isBase === true, () => `${record.plan.name} could not be written: ${result}`)
}

async function cancelled(world: World, record: JobRecord, signal: AbortSignal, task: Task): Promise<void> {
  const asked = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }))
  do await Promise.race([asked, task.clock.sleep(CANCEL_PATIENCE_MS)])
  while (!signal.aborted && [...record.cancelledBy].some((client) => !world.participant(client).killed))
}
