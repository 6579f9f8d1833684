import type { NoticeListener, Subscription } from "@luxbus/client"
import { judgeTopic } from "./judge-topic.ts"
import type { PublisherPlan, SubscriberPlan, TopicPlan } from "./plan.ts"
import { codeOf, type Task } from "./tasks.ts"
import type { World } from "./world.ts"

/** What a publisher sends: who it is, its how-manieth this is, and something to make it long. */
export interface Message {
  readonly publisher: string
  readonly n: number
  readonly filling: string
}

/** One message as a subscriber got it. */
interface Received {
  readonly publisher: string
  readonly n: number
  /** What the broker numbers messages under: another one is another beginning. */
  readonly log: string
  readonly offset: number
  /** Who published it, as the broker says. */
  readonly from: string | undefined
}

/** What one publisher sent, and what it can be sure of. */
export interface Publication {
  readonly name: string
  readonly client: string
  sent: number
  /** When each was sent. */
  readonly sentAtMs: number[]
}

/** What one subscription got. */
export interface SubscriberRecord {
  readonly name: string
  readonly plan: SubscriberPlan
  readonly received: Received[]
  openedAtMs: number
  /** How many messages had been got when each gap was told, and why. */
  readonly gaps: { readonly before: number; readonly reason: string }[]
  /** Whether it got the last message. */
  sawLast: boolean
}

/** A subject under way. */
export interface SubjectRun {
  /** The faults are over: once everything was published, a last message must reach every subscriber. */
  calm(): void
}

/** Between the last publication and the one that all must get: more than a reconnection takes. */
const SETTLING_MS = 60_000
/** Publisher of the last message. */
export const LAST = "last"

/** What each publisher of a subject will have sent. */
export function publicationsOf({ subject, publishers }: Pick<TopicPlan, "subject" | "publishers">): Publication[] {
  return publishers.map(({ client }, n) => ({ name: `${subject} publisher ${n}`, client, sent: 0, sentAtMs: [] }))
}

/** Publishes and subscribes as planned. */
export function runTopic(world: World, plan: TopicPlan): SubjectRun {
  const publications = publicationsOf(plan)
  const publishing = plan.publishers.map((publisher, n) => publish(world, plan, publisher, publications[n]!))
  const records: SubscriberRecord[] = plan.subscribers.map((subscriber) => ({
    name: `${subscriber.name} ${subscriber.client}`,
    plan: subscriber,
    received: [],
    openedAtMs: Number.POSITIVE_INFINITY,
    gaps: [],
    sawLast: false,
  }))
  let calm = () => {}
  const isCalm = new Promise<void>((resolve) => {
    calm = resolve
  })
  const reading = records.map((record) => {
    const { clock } = world.participant(record.plan.client)
    return world.tasks.run(record.name, clock, (task) => subscribe(world, plan, record, task))
  })
  void publishLast(world, plan, publishing, isCalm)
  void Promise.all(reading).then(() => judgeTopic(world, plan, publications, records))
  return { calm }
}

/** Once all was published, and the faults are over, the last message goes out. */
export async function publishLast(
  world: World,
  plan: TopicPlan,
  publishing: readonly Promise<void>[],
  isCalm: Promise<void>,
): Promise<void> {
  await sendLast(world, plan, Promise.race([Promise.all(publishing), isCalm.then(() => never(world, plan))]), isCalm)
}

/** Publishers that were killed never finish: the calm goes on without them. */
async function never(world: World, plan: TopicPlan): Promise<void> {
  const isAnyDead = plan.publishers.some(({ client }) => world.participant(client).killed)
  if (!isAnyDead) await new Promise(() => {})
}

/** Publishes what is planned, and notes it. */
export async function publish(
  world: World,
  plan: { readonly subject: string },
  publisher: PublisherPlan,
  record: Publication,
): Promise<void> {
  const { bus, clock } = world.participant(publisher.client)
  const dice = world.dice.fork(record.name)
  const { messages, minBytes, maxBytes, pauseMs } = publisher.write
  await world.tasks.run(`${record.name} ${record.client}`, clock, async (task) => {
    await clock.sleep(publisher.atMs)
    for (let n = 0; n < messages; n++) {
      task.at(`publishing message ${n}`)
      const filling = ".".repeat(dice.skewed(minBytes + 1, maxBytes + 1) - 1)
      record.sent++
      record.sentAtMs.push(clock.now())
      await bus.publish(plan.subject, { publisher: record.name, n, filling } satisfies Message as never)
      if (pauseMs > 0) await clock.sleep(dice.between(0, 2 * pauseMs))
    }
  })
}

/** Publishes, from any client that lives, what tells every subscriber that nothing more will come. */
async function sendLast(
  world: World,
  plan: TopicPlan,
  published: Promise<unknown>,
  isCalm: Promise<void>,
): Promise<void> {
  await published
  await isCalm
  await new Promise<void>((resolve) => {
    world.time.setTimer(SETTLING_MS, () => {
      resolve()
      const [any] = world.living
      if (any === undefined || world.isClosing) return
      world.trace.note(`${plan.subject}: the last message is published by ${any.id}`)
      void any.bus.publish(plan.subject, { publisher: LAST, n: 0, filling: "" })
    })
  })
}

async function subscribe(world: World, plan: TopicPlan, record: SubscriberRecord, task: Task): Promise<void> {
  const { bus } = world.participant(record.plan.client)
  await task.clock.sleep(record.plan.atMs)
  const dice = world.dice.fork(record.name)
  const noteGap = (reason: string) => {
    world.trace.note(`${record.name}: gap (${reason}) behind ${record.received.length} messages`)
    record.gaps.push({ before: record.received.length, reason })
  }
  const onNotice: NoticeListener = (notice) => notice.type === "gap" && noteGap(notice.reason)
  const subscription = bus.subscribe(plan.subject, { from: record.plan.from, ...(record.plan.listens && { onNotice }) })
  task.at("subscribing")
  await subscription.opened
  record.openedAtMs = task.clock.now()
  world.trace.note(`${record.name}: subscribed`)
  while (!record.sawLast) {
    task.at(`waiting for message ${record.received.length}`)
    await receive(subscription, record, noteGap)
    if (record.plan.pauseMs > 0 && !record.sawLast) await task.clock.sleep(dice.between(0, 2 * record.plan.pauseMs))
  }
  await subscription.close()
}

async function receive(subscription: Subscription, record: SubscriberRecord, noteGap: (reason: string) => void) {
  try {
    const event = await subscription.next()
    if (event === undefined) throw new Error("the subscription ended")
    const { publisher, n } = event.data as unknown as Message
    if (publisher === LAST) {
      record.sawLast = true
      return
    }
    const [log = "", offset] = event.cursor.split(":")
    record.received.push({ publisher, n, log, offset: Number(offset), from: event.from })
  } catch (error) {
    if (codeOf(error) !== "gap") throw error
    noteGap("thrown")
  }
}
