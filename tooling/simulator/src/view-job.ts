import type { AttachedStream, NoticeListener } from "@luxbus/client"
import { parseCursor } from "@luxbus/session"
import type { JobRecord } from "./job.ts"
import { judgeViewer } from "./judge-viewer.ts"
import { LaneCheck } from "./lane-check.ts"
import type { ViewerPlan } from "./plan.ts"
import { readLane } from "./read-lane.ts"
import { codeOf, type Task } from "./tasks.ts"
import type { World } from "./world.ts"

/** What one attachment got. */
export interface Viewing {
  readonly main: LaneCheck
  readonly error: LaneCheck
  /** How reading each lane ended; undefined for a lane that was not read. */
  readonly mainEnd: string | undefined
  readonly errorEnd: string | undefined
  /** The status of the outcome, or the code of what came instead. */
  readonly outcome: string
  readonly closedByPlan: boolean
}

/** How long after the last fault a viewer waits for a stream that cannot come. */
const PATIENCE_MS = 60_000
/** A pause in reading that outlives most faults. */
const LONG_PAUSE_MS = 15_000

/** Views a hosted stream as planned, and holds what it gets against what was written. */
export async function viewJob(world: World, job: JobRecord, plan: ViewerPlan, task: Task): Promise<void> {
  await task.clock.sleep(plan.atMs)
  const closesForCursor = plan.from === "cursor"
  const cursor = await attachOnce(world, job, plan, task, plan.from === "now" ? "now" : "start", closesForCursor)
  if (cursor !== undefined) await attachOnce(world, job, plan, task, cursor, false)
}

/** @returns the cursor where it stopped, if it was to stop for one */
async function attachOnce(
  world: World,
  job: JobRecord,
  plan: ViewerPlan,
  task: Task,
  from: string,
  stopsForCursor: boolean,
): Promise<string | undefined> {
  const { bus } = world.participant(plan.client)
  const who = `${task.name} from ${from}`
  const checks: { main?: LaneCheck; error?: LaneCheck } = {}
  const onNotice: NoticeListener = (notice) => {
    if (notice.type !== "gap" || notice.lane === "control") return
    world.trace.note(`${who}: gap of ${notice.lane} to ${notice.first} of message ${notice.message} (${notice.reason})`)
    checks[notice.lane]?.gap(notice)
  }
  const startedIn = world.generation
  const view = bus.attach(job.plan.name, { from, wait: plan.wait, ...(plan.listens && { onNotice }) })
  task.at("attaching")
  try {
    void closeIfHopeless(world, job, view, task)
    await view.opened
  } catch (error) {
    const code = codeOf(error)
    world.trace.note(`${who}: not attached, ${code}`)
    judgeRefusal(world, job, plan, who, code)
    return undefined
  }
  const place = parseCursor(view.cursor)
  checks.main = new LaneCheck(job.main, who, world.findings, place.main)
  checks.error = new LaneCheck(job.error, who, world.findings, place.error)
  world.trace.note(`${who}: attached at ${view.cursor}`)
  const { main, error } = checks as { main: LaneCheck; error: LaneCheck }
  const result = await read(world, job, plan, task, view, { main, error }, stopsForCursor)
  const viewing: Viewing = { main, error, ...result }
  world.trace.note(
    `${who}: ${viewing.outcome}, main ${viewing.mainEnd} at ${main.next}, error ${viewing.errorEnd} at ${error.next}`,
  )
  judgeViewer(world, job, plan, who, viewing, startedIn)
  return result.cursor
}

/** What is waited for may never come: its writer is dead, or it is over and the broker has forgotten it. */
async function closeIfHopeless(world: World, job: JobRecord, view: AttachedStream, task: Task): Promise<void> {
  let isOpen = false
  view.opened.then(
    () => (isOpen = true),
    () => (isOpen = true),
  )
  const isHopeless = () => job.result !== undefined || world.participant(job.plan.writer).killed
  while (!isOpen) {
    await task.clock.sleep(PATIENCE_MS)
    if (!isOpen && isHopeless() && world.time.now() > world.plan.calmAtMs + PATIENCE_MS) await view.close()
  }
}

async function read(
  world: World,
  job: JobRecord,
  plan: ViewerPlan,
  task: Task,
  view: AttachedStream,
  checks: { readonly main: LaneCheck; readonly error: LaneCheck },
  stopsForCursor: boolean,
) {
  const dice = world.dice.fork(`view ${plan.name}`)
  let closedByPlan = false
  let cursor: string | undefined
  const afterEach = async (count: number): Promise<boolean> => {
    if (count !== plan.stopsAfter) return true
    if (stopsForCursor) cursor = view.cursor
    if (stopsForCursor || plan.then === "close") {
      closedByPlan = true
      await view.close()
      return false
    }
    if (plan.then === "cancel") {
      await view.cancel("planned")
      job.cancelledBy.add(plan.client)
    }
    if (plan.then === "pause") await task.clock.sleep(LONG_PAUSE_MS)
    return true
  }
  const lane = (name: "main" | "error") => {
    if (plan.reads !== "both" && plan.reads !== name) return undefined
    const parts = { lane: view[name], check: checks[name], task, dice: dice.fork(name), pauseMs: plan.pauseMs }
    return readLane(name === "main" ? { ...parts, afterEach } : parts)
  }
  const [mainEnd, errorEnd] = await Promise.all([lane("main"), lane("error")])
  task.at("awaiting the outcome")
  const outcome = await view.outcome.then(
    // A broker that lets go of a stream for another's sake says so by the outcome: that is not the writer's.
    ({ status, code }) => (code === "fenced" ? code : status),
    codeOf,
  )
  job.cancelledBy.delete(plan.client)
  await view.close()
  return { mainEnd, errorEnd, outcome, closedByPlan, cursor }
}

/** An attachment that nobody waits with may come too early; one that waits gets what there is. */
function judgeRefusal(world: World, job: JobRecord, plan: ViewerPlan, who: string, code: string): void {
  const isExplained =
    (code === "unknown_stream" && (!plan.wait || world.generation > 1 || job.result !== undefined)) ||
    code === "expired" ||
    // It gave up.
    (code === "closed" && (world.generation > 1 || world.participant(job.plan.writer).killed))
  world.findings.check(isExplained, () => `${who} was refused with ${code}`)
}
