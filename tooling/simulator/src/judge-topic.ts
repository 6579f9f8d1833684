import type { TopicPlan } from "./plan.ts"
import type { Publication, SubscriberRecord } from "./topic.ts"
import type { World } from "./world.ts"

/** Whether what the subscribers of a subject got agrees with what was published, and with each other. */
export function judgeTopic(
  world: World,
  plan: TopicPlan,
  publications: readonly Publication[],
  records: readonly SubscriberRecord[],
): void {
  const living = records.filter(({ plan }) => !world.participant(plan.client).killed)
  for (const record of living) {
    judgeOrder(world, publications, record)
    judgeBeginnings(world, record)
    for (const publication of publications) judgeLoss(world, publication, record)
  }
  for (const record of living) for (const other of living) judgeAgreement(world, plan, record, other)
}

/** In the order of each publisher, none twice, none that was not sent. */
function judgeOrder(world: World, publications: readonly Publication[], record: SubscriberRecord): void {
  const last = new Map<string, number>()
  for (const { publisher, n, from } of record.received) {
    const before = last.get(publisher) ?? -1
    if (n <= before) world.findings.add(`${record.name} got ${publisher} ${n} behind ${before}`)
    const { sent = 0, client } = publications.find(({ name }) => name === publisher) ?? {}
    if (from !== client) world.findings.add(`${record.name} got ${publisher} ${n} as of ${from}, and ${client} sent it`)
    if (n >= sent) world.findings.add(`${record.name} got ${publisher} ${n} of ${sent}`)
    last.set(publisher, n)
  }
}

/** Where numbers begin anew, a gap must tell so; where they jump, too. */
function judgeBeginnings(world: World, record: SubscriberRecord): void {
  record.received.forEach((received, index) => {
    const before = record.received[index - 1]
    if (before === undefined) return
    const isTold = record.gaps.some((gap) => gap.before === index)
    if (before.log !== received.log && !isTold) {
      world.findings.add(`${record.name} was not told that the topic began anew before message ${index}`)
    }
  })
}

/** Nothing is lost between connections that were not: of a publisher that was never cut, everything arrives. */
function judgeLoss(world: World, publication: Publication, record: SubscriberRecord): void {
  const publisher = world.participant(publication.client)
  const isUnharmed = publisher.link.cuts === 0 && !publisher.killed && world.generation === 1
  if (!isUnharmed || record.gaps.length > 0) return
  const got = new Set(record.received.filter((received) => received.publisher === publication.name).map(({ n }) => n))
  for (let n = 0; n < publication.sent; n++) {
    const isDue = record.plan.from === "start" ? false : (publication.sentAtMs[n] ?? 0) > record.openedAtMs
    if (isDue && !got.has(n)) world.findings.add(`${record.name} never got ${publication.name} ${n}`)
  }
}

/** Under one numbering, what one subscriber got between its first and its last message, another got as well. */
function judgeAgreement(world: World, plan: TopicPlan, record: SubscriberRecord, other: SubscriberRecord): void {
  if (record === other || record.gaps.length > 0) return
  const logs = new Map<string, { first: number; last: number; offsets: Set<number> }>()
  for (const { log, offset } of record.received) {
    const span = logs.get(log) ?? { first: offset, last: offset, offsets: new Set<number>() }
    span.last = offset
    span.offsets.add(offset)
    logs.set(log, span)
  }
  for (const { log, offset, publisher, n } of other.received) {
    const same = record.received.find((received) => received.log === log && received.offset === offset)
    if (same !== undefined && (same.publisher !== publisher || same.n !== n)) {
      world.findings.add(`offset ${offset} of ${plan.subject} names ${same.publisher} ${same.n} and ${publisher} ${n}`)
    }
    const span = logs.get(log)
    if (span === undefined || offset < span.first || offset > span.last || span.offsets.has(offset)) continue
    world.findings.add(`${record.name} missed ${publisher} ${n} of ${plan.subject}, which ${other.name} got`)
  }
}
