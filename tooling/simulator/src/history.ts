import type { NoticeListener, Subscription } from "@luxbus/client"
import { utf8Bytes, WRITER_LIMITS } from "@luxbus/packet"
import { judgeHistory } from "./judge-history.ts"
import type { HistoryPlan, SubscriberPlan } from "./plan.ts"
import { codeOf, type Task } from "./tasks.ts"
import { LAST, type Message, publicationsOf, publish, publishLast, type SubjectRun } from "./topic.ts"
import type { World } from "./world.ts"

/** A message as a reader got it. */
export interface KeptMessage {
  readonly publisher: string
  readonly n: number
  /** What the broker numbers messages under: another one is another beginning. */
  readonly log: string
  /** Its chunks. */
  readonly first: number
  readonly next: number
  readonly bytes: number
}

/** What one subscription to a topic with a history got. */
export interface HistoryRecord {
  readonly name: string
  readonly plan: Pick<SubscriberPlan, "client" | "from">
  readonly received: KeptMessage[]
  /** The chunk that comes next; undefined: whatever comes is the beginning. */
  next: number | undefined
  /** What went of the beginning, where it was told: the first chunk that was left, and when. */
  evicted: { readonly first: number; readonly atMs: number } | undefined
  openedAtMs: number
  /** It was told that the topic has begun anew, and has got nothing of it since. */
  isAnew: boolean
}

/** Chunks of the largest message. */
const MESSAGE_CHUNKS = 2

/** From the last message until somebody subscribes who comes late. */
const LATE_MS = 30_000

/** Publishes to a topic with a history, subscribes to it as planned, and once more when all is over. */
export function runHistory(world: World, plan: HistoryPlan): SubjectRun {
  const publications = publicationsOf(plan)
  const publishing = plan.publishers.map((publisher, n) => publish(world, plan, publisher, publications[n]!))
  let calm = () => {}
  const isCalm = new Promise<void>((resolve) => {
    calm = resolve
  })
  const records = plan.subscribers.map(recordOf)
  const reading = records.map((record, n) => {
    const { clock } = world.participant(record.plan.client)
    const subscriber = plan.subscribers[n]!
    return world.tasks.run(record.name, clock, async (task) => {
      await task.clock.sleep(subscriber.atMs)
      await read(world, plan, { record, ...subscriber }, task)
    })
  })
  const clock = world.time.process("audit")
  const isPublished = publishLast(world, plan, publishing, isCalm)
  void world.tasks.run(`${plan.subject} audit`, clock, async (task) => {
    task.at("waiting for the last message")
    await isPublished
    task.at("waiting for subscribers")
    await livingOnes(world, records, reading)
    await clock.sleep(LATE_MS)
    const late = await Promise.all((["start", "now"] as const).map((from) => readLate(world, plan, from)))
    judgeHistory(world, plan, [...records, ...late.filter((record) => record !== undefined)])
  })
  return { calm }
}

/** Those of killed clients never end. */
async function livingOnes(
  world: World,
  records: readonly HistoryRecord[],
  reading: readonly Promise<void>[],
): Promise<void> {
  await Promise.all(reading.filter((_, n) => !world.participant(records[n]!.plan.client).killed))
}

/** Whoever comes last gets all that is kept, or the last message: it was published, and nothing else comes. */
async function readLate(world: World, plan: HistoryPlan, from: "start" | "now"): Promise<HistoryRecord | undefined> {
  const reader = world.participants.find(({ killed }) => !killed)
  const isKept = plan.policy.retain || (from === "start" && plan.policy.history?.ageMs === undefined)
  if (reader === undefined || !isKept) return undefined
  const record = recordOf({ name: `${plan.subject} late from ${from},`, client: reader.id, from })
  const parts = { record, pauseMs: 0, listens: true }
  await world.tasks.run(record.name, reader.clock, (task) => read(world, plan, parts, task))
  return record
}

function recordOf({ name, client, from }: Pick<SubscriberPlan, "name" | "client" | "from">): HistoryRecord {
  return {
    name: `${name} ${client}`,
    plan: { client, from },
    isAnew: false,
    received: [],
    next: from === "start" ? 0 : undefined,
    evicted: undefined,
    openedAtMs: Number.POSITIVE_INFINITY,
  }
}

interface ReadParts extends Pick<SubscriberPlan, "pauseMs" | "listens"> {
  readonly record: HistoryRecord
}

async function read(world: World, plan: HistoryPlan, parts: ReadParts, task: Task): Promise<void> {
  const { record, listens, pauseMs } = parts
  const { bus } = world.participant(record.plan.client)
  const dice = world.dice.fork(record.name)
  const onNotice: NoticeListener = (notice) => {
    if (notice.type === "gap") takeGap(world, record, notice)
  }
  const subscription = bus.subscribe(plan.subject, { from: record.plan.from, ...(listens && { onNotice }) })
  task.at("subscribing")
  await subscription.opened
  record.openedAtMs = world.time.now()
  world.trace.note(`${record.name}: subscribed`)
  for (let isLast = false; !isLast; ) {
    task.at(`waiting for message ${record.received.length}`)
    isLast = await take(world, record, subscription)
    if (pauseMs > 0 && !isLast) await task.clock.sleep(dice.between(0, 2 * pauseMs))
  }
  await subscription.close()
}

/** @returns whether it was the last message */
async function take(world: World, record: HistoryRecord, subscription: Subscription): Promise<boolean> {
  try {
    const event = await subscription.next()
    if (event === undefined) throw new Error("the subscription ended")
    const { publisher, n } = event.data as unknown as Message
    const [log = "", offset] = event.cursor.split(":")
    const bytes = utf8Bytes(JSON.stringify(event.data))
    const next = Number(offset)
    const first = next - Math.max(1, Math.ceil(bytes / WRITER_LIMITS.chunkBytes))
    takeMessage(world, record, { publisher, n, log, first, next, bytes })
    return publisher === LAST
  } catch (error) {
    if (codeOf(error) !== "gap") throw error
    takeGap(world, record, (error as unknown as { readonly details: Gap }).details)
    return false
  }
}

type Gap = Pick<
  Extract<Parameters<NoticeListener>[0], { readonly type: "gap" }>,
  "ranges" | "first" | "message" | "reason"
>

/** What was left out is named: nothing else may be missing. */
function takeGap(world: World, record: HistoryRecord, { ranges, first, message, reason }: Gap): void {
  const { findings, time, trace } = world
  trace.note(`${record.name}: gap ${JSON.stringify(ranges)} (${reason}), goes on at ${first}`)
  const { next } = record
  if (reason === "epoch") record.isAnew = true
  // A topic that has begun anew counts from its own beginning.
  if (reason !== "epoch" && next !== undefined) {
    // What had come of a message whose rest is named goes with that.
    const begun = MESSAGE_CHUNKS - 1
    for (let number = next; number < first; number++) {
      if (ranges.some(([from, to]) => number + begun >= from && number <= to)) continue
      findings.add(`${record.name} is not told of ${number} in a gap to ${first}`)
      break
    }
    findings.check(first >= next, () => `${record.name} is told of a gap back to ${first}, having ${next}`)
  }
  if (record.received.length === 0 && record.plan.from === "start") record.evicted = { first, atMs: time.now() }
  // The rest of a message whose beginning is gone goes with it.
  record.next = message < first ? message + MESSAGE_CHUNKS : first
}

function takeMessage(world: World, record: HistoryRecord, message: KeptMessage): void {
  const { findings } = world
  const { next } = record
  const before = record.received.at(-1)
  const isSilent = next !== undefined && next !== message.first
  if (isSilent)
    findings.add(`${record.name} goes on at ${message.first} of the topic, and has ${next}: no gap was told`)
  findings.check(
    before === undefined || before.log === message.log || record.isAnew,
    () => `${record.name} is not told that the topic has begun anew`,
  )
  record.received.push(message)
  record.isAnew = false
  record.next = message.next
}
