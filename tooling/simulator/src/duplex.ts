import type { BusStream, NoticeListener } from "@luxbus/client"
import { Lane, type Outcome } from "@luxbus/packet"
import { judgeHalf, judgeWriting } from "./judge-half.ts"
import { LaneCheck } from "./lane-check.ts"
import { LaneLedger } from "./lane-ledger.ts"
import { openOptions } from "./open-options.ts"
import { type DuplexPlan, type SidePlan, TAMPERED_CHUNK } from "./plan.ts"
import { readLane } from "./read-lane.ts"
import { readsMainLate } from "./reads-main-late.ts"
import { codeOf, type Task } from "./tasks.ts"
import type { World } from "./world.ts"
import { writeLane } from "./write-lane.ts"

/** How often an opener looks whether the other side is dead. */
const OPEN_PATIENCE_MS = 60_000

/** One side of a duplex: what it wrote and meant, and what it got of the other. */
export class DuplexSide {
  readonly plan: SidePlan
  readonly name: string
  readonly main: LaneLedger
  readonly error: LaneLedger
  /** The status that it ends with, once it tries. */
  intent: Outcome["status"] | undefined
  /** How its writing came to its end: `done`, or the code of its failure. */
  result: string | undefined
  /** Its stream, once it has it. */
  stream: BusStream | undefined
  /** What it reads, once it does. */
  reading: { readonly main: LaneCheck; readonly error: LaneCheck } | undefined
  mainEnd: string | undefined
  errorEnd: string | undefined
  /** The status of the other side's outcome, or the code of what came instead. */
  outcome: string | undefined

  constructor(name: string, plan: SidePlan) {
    this.name = `${name} at ${plan.client}`
    this.plan = plan
    this.main = new LaneLedger(this.name, Lane.main)
    this.error = new LaneLedger(this.name, Lane.error)
  }
}

/** Opens a stream between two clients, and lets both write and read. */
export function runDuplex(world: World, plan: DuplexPlan): void {
  const opener = new DuplexSide(plan.name, plan.opener)
  const acceptor = new DuplexSide(plan.name, plan.acceptor)
  const { tampered } = world.plan
  for (const { main, plan: side } of [opener, acceptor]) {
    if (tampered?.duplex === plan.name && tampered.client === side.client) main.tamperedChunk = TAMPERED_CHUNK
  }
  const run = (side: DuplexSide, other: DuplexSide, get: (task: Task) => Promise<BusStream | undefined>) => {
    const { clock } = world.participant(side.plan.client)
    void world.tasks.run(side.name, clock, (task) => live(world, side, other, task, get))
  }
  run(opener, acceptor, async (task) => {
    await task.clock.sleep(plan.openAtMs)
    task.at("opening")
    const patience = new AbortController()
    void abortIfDead(world, plan, task, patience)
    const stream = await world
      .participant(plan.opener.client)
      .bus.open(plan.name, { to: plan.acceptor.client, signal: patience.signal, ...openOptions(plan.opener) })
    world.openedAtMs.set(plan.name, world.time.now())
    return stream
  })
  run(acceptor, opener, async (task) => {
    task.at("accepting")
    return accept(world, plan, opener, task)
  })
}

/** An absent peer is waited for until the opener gives up. */
async function abortIfDead(world: World, plan: DuplexPlan, task: Task, patience: AbortController): Promise<void> {
  const acceptor = world.participant(plan.acceptor.client)
  while (!acceptor.killed) await task.clock.sleep(OPEN_PATIENCE_MS)
  patience.abort()
}

/** Takes the stream of this name; undefined where it will not come, as who was to open it is dead or has failed. */
async function accept(world: World, plan: DuplexPlan, opener: DuplexSide, task: Task): Promise<BusStream | undefined> {
  const acceptor = world.participant(plan.acceptor.client).bus.accept(plan.name)
  const from = world.participant(plan.opener.client)
  for (;;) {
    const patience = new AbortController()
    void task.clock.sleep(1_000).then(() => patience.abort())
    const stream = await acceptor.next(patience.signal).catch(codeOf)
    if (typeof stream !== "string") {
      void watchForSecond(world, plan, acceptor)
      return stream
    }
    if (stream !== "cancelled") throw new Error(`accepting ended with ${stream}`)
    if (from.killed || opener.result !== undefined) {
      await acceptor.close()
      return undefined
    }
  }
}

/** What was opened once is accepted once. */
async function watchForSecond(world: World, plan: DuplexPlan, acceptor: { next(): Promise<unknown> }): Promise<void> {
  const second = await acceptor.next().catch(() => undefined)
  if (second !== undefined) world.findings.add(`${plan.name} was accepted twice`)
}

async function live(
  world: World,
  side: DuplexSide,
  other: DuplexSide,
  task: Task,
  get: (task: Task) => Promise<BusStream | undefined>,
): Promise<void> {
  let stream: BusStream | undefined
  try {
    stream = await get(task)
  } catch (error) {
    side.result = codeOf(error)
    side.outcome = side.result
    world.trace.note(`${side.name}: not opened, ${side.result}`)
    judgeHalf(world, other, side)
    judgeWriting(world, side, other)
    return
  }
  if (stream === undefined) return
  world.writing.add(stream)
  side.stream = stream
  pair(world, side, other)
  pair(world, other, side)
  const { clock, name } = task
  await Promise.all([
    world.tasks.run(`${name}, writing`, clock, (task) => write(world, side, other, stream, task)),
    world.tasks.run(`${name}, reading`, clock, (task) => read(world, side, other, stream, task)),
  ])
  judgeHalf(world, other, side)
  judgeWriting(world, side, other)
}

/** Both sides are there: what one keeps is held against what the other has. */
function pair(world: World, { plan, stream: writing, main, error }: DuplexSide, { stream: reading }: DuplexSide): void {
  if (writing === undefined || reading?.reader === undefined) return
  const { writer, name } = writing
  world.pairs.add({ name, writer, reader: reading.reader, main, error, isLive: plan.liveBytes !== undefined })
}

async function write(world: World, side: DuplexSide, other: DuplexSide, stream: BusStream, task: Task): Promise<void> {
  const { plan } = side
  const dice = world.dice.fork(`write ${side.name}`)
  const goesOn = () => !stream.signal.aborted
  try {
    const lane = (name: "main" | "error") =>
      writeLane({ lane: stream[name], ledger: side[name], dice: dice.fork(name), task, goesOn }, plan[name])
    // A reader that wants all of error first must hear that it is over, though main cannot go on.
    await Promise.all([lane("main"), lane("error").then(() => stream.error.end())])
    task.at("ending")
    if (plan.ending === "close") {
      await stream.close()
      side.result = "closed"
    } else {
      side.intent = stream.signal.aborted ? "cancelled" : plan.ending === "fail" ? "error" : "done"
      if (side.intent === "done") await stream.end()
      else await stream.fail({ status: side.intent as "error" | "cancelled", reason: "planned" })
      side.result = "done"
      checkTaken(world, side, other)
    }
  } catch (error) {
    side.result = codeOf(error)
  }
  world.trace.note(`${side.name} wrote: ${side.intent ?? "no end"}, ${side.result}`)
}

/** Complete says that the other application has taken it all: what it reads, it must have got by now. */
function checkTaken(world: World, side: DuplexSide, other: DuplexSide): void {
  for (const name of ["main", "error"] as const) {
    if (other.plan.reads !== "both" && other.plan.reads !== "error-first" && other.plan.reads !== name) continue
    const taken = side[name].next === 0 || (other.reading?.[name].whole ?? false)
    world.findings.check(
      taken,
      () => `${side.name} is complete, and ${other.name} has ${name} at ${other.reading?.[name].next}`,
    )
  }
}

async function read(world: World, side: DuplexSide, other: DuplexSide, stream: BusStream, task: Task): Promise<void> {
  const { plan } = side
  const reading = {
    main: new LaneCheck(other.main, side.name, world.findings),
    error: new LaneCheck(other.error, side.name, world.findings),
  }
  side.reading = reading
  const onNotice: NoticeListener = (notice) =>
    notice.type === "gap" && notice.lane !== "control" && reading[notice.lane].gap(notice)
  const dice = world.dice.fork(`read ${side.name}`)
  if (dice.chance(0.5)) stream.onNotice(onNotice)
  let errorRead = () => {}
  const errorIsRead = new Promise<void>((resolve) => {
    errorRead = resolve
  })
  const afterEach = async (count: number): Promise<boolean> => {
    if (count === plan.cancelsAfter) await stream.cancel("planned")
    // Error is never behind main: it comes though nobody takes main.
    if (count === 1 && plan.reads === "error-first") await errorIsRead
    return true
  }
  const lane = async (name: "main" | "error") => {
    if (plan.reads === "outcome" || (plan.reads !== name && (plan.reads === "main" || plan.reads === "error")))
      return undefined
    const parts = { lane: stream[name], check: reading[name], task, dice: dice.fork(name), pauseMs: plan.pauseMs }
    return readLane(name === "main" ? { ...parts, afterEach } : parts)
  }
  const main = lane("main")
  const error = lane("error").finally(errorRead)
  side.mainEnd = await main
  side.errorEnd = await error
  // A lane that was drained for the other's sake can be read after all: its last part, behind a gap.
  if (readsMainLate(world, side)) {
    side.mainEnd = await readLane({ lane: stream.main, check: reading.main, task, dice: dice.fork("late"), pauseMs: 0 })
  }
  task.at("awaiting the outcome")
  side.outcome = await stream.outcome.then(({ status }) => status, codeOf)
  world.trace.note(
    `${side.name} read: ${side.outcome}, main ${side.mainEnd} at ${reading.main.next}, error ${side.errorEnd} at ${reading.error.next}`,
  )
}
