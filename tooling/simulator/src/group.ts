import { judgeGroup } from "./judge-group.ts"
import type { GroupMemberPlan, GroupPlan } from "./plan.ts"
import type { Task } from "./tasks.ts"
import { type Message, publicationsOf, publish, type SubjectRun } from "./topic.ts"
import type { World } from "./world.ts"

/** One message as a member got it. */
interface MemberMessage {
  readonly publisher: string
  readonly n: number
  /** What the broker numbers messages under: another one is another beginning. */
  readonly log: string
  readonly attempt: number
  /** The member has asked for the next one: it is done with this one. */
  isDone: boolean
}

/** What one member of a group got. */
export interface MemberRecord {
  readonly name: string
  readonly plan: GroupMemberPlan
  readonly received: MemberMessage[]
  openedAtMs: number
  hasGap: boolean
  hasLeft: boolean
}

/** A window, in which the messages of killed members come back, and what others need to work on them. */
const SETTLING_MS = 240_000

/** Publishes, and works as members of one group, as planned. */
export function runGroup(world: World, plan: GroupPlan): SubjectRun {
  const publications = publicationsOf(plan)
  for (const [n, publisher] of plan.publishers.entries()) void publish(world, plan, publisher, publications[n]!)
  const records: MemberRecord[] = plan.members.map((member) => ({
    name: `${member.name} ${member.client}`,
    plan: member,
    received: [],
    openedAtMs: Number.POSITIVE_INFINITY,
    hasGap: false,
    hasLeft: false,
  }))
  const over = new AbortController()
  const working = records.map((record) => {
    const { clock } = world.participant(record.plan.client)
    return world.tasks.run(record.name, clock, (task) =>
      work(world, plan, records, record, { task, over: over.signal }),
    )
  })
  void Promise.all(working).then(() => judgeGroup(world, publications, records))
  return {
    calm: () => void world.time.setTimer(SETTLING_MS, () => over.abort(new Error("all is done"))),
  }
}

async function work(
  world: World,
  { subject }: GroupPlan,
  records: readonly MemberRecord[],
  record: MemberRecord,
  { task, over }: { readonly task: Task; readonly over: AbortSignal },
): Promise<void> {
  const { bus } = world.participant(record.plan.client)
  const dice = world.dice.fork(record.name)
  const { atMs, prefetch, workMs, leavesAfter } = record.plan
  await task.clock.sleep(atMs)
  const subscription = bus.subscribe(subject, {
    group: "workers",
    prefetch,
    signal: over,
    onNotice: ({ type }) => type === "gap" && noteGap(world, record),
  })
  task.at("joining")
  try {
    await subscription.opened
  } catch (error) {
    if (!over.aborted) throw error
    return
  }
  record.openedAtMs = task.clock.now()
  for (;;) {
    task.at(`waiting for message ${record.received.length}`)
    const last = record.received.at(-1)
    if (last !== undefined) last.isDone = true
    const event = await subscription.next()
    if (event === undefined) break
    const { publisher, n } = event.data as unknown as Message
    const [log = ""] = event.cursor.split(":")
    const message: MemberMessage = { publisher, n, log, attempt: event.attempt, isDone: false }
    world.trace.note(`${record.name}: takes ${publisher} ${n}, attempt ${event.attempt}`)
    checkAlone(world, records, record, message)
    record.received.push(message)
    if (record.received.length >= leavesAfter) break
    if (workMs > 0) await task.clock.sleep(dice.between(0, 2 * workMs))
  }
  record.hasLeft = true
  world.trace.note(`${record.name}: leaves`)
  await subscription.close()
}

function noteGap(world: World, record: MemberRecord): void {
  world.trace.note(`${record.name}: gap`)
  record.hasGap = true
}

/** Nobody else who lives has this message, or is done with it under the same numbering. */
function checkAlone(world: World, records: readonly MemberRecord[], record: MemberRecord, message: MemberMessage) {
  const { publisher, n, log, attempt } = message
  for (const other of records) {
    const earlier = other.received.find((one) => one.publisher === publisher && one.n === n && one.log === log)
    if (earlier === undefined) continue
    const isGone = other.hasLeft || world.participant(other.plan.client).killed
    if (other === record || !isGone) {
      world.findings.add(`${record.name} got ${publisher} ${n}, which ${other.name} has`)
    } else if (attempt < 2) {
      world.findings.add(`${record.name} got ${publisher} ${n} unmarked, after ${other.name}`)
    }
  }
}
