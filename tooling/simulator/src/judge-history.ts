import { LIMITS, WRITER_LIMITS } from "@luxbus/packet"
import { RUN_OVERHEAD_BYTES } from "@luxbus/stream-memory"
import type { HistoryRecord, KeptMessage } from "./history.ts"
import type { HistoryPlan } from "./plan.ts"
import { LAST } from "./topic.ts"
import type { World } from "./world.ts"

/** What a chunk takes beside its payload, at most: its header, the publisher's id, and a run of its own. */
const FRAME_BYTES = 128 + RUN_OVERHEAD_BYTES

/** Whether what was kept of a topic is what its policy says: everybody who comes late is told of anything else. */
export function judgeHistory(world: World, plan: HistoryPlan, records: readonly HistoryRecord[]): void {
  const living = records.filter(({ plan }) => !world.participant(plan.client).killed)
  const logs = new Map<string, Map<number, KeptMessage>>()
  for (const { received } of living) {
    for (const message of received) {
      const log = logs.get(message.log) ?? new Map<number, KeptMessage>()
      const { publisher, n } = log.get(message.first) ?? message
      if (publisher !== message.publisher || n !== message.n)
        world.findings.add(`${plan.subject} has ${publisher} ${n} and ${message.publisher} ${message.n} at one number`)
      logs.set(message.log, log.set(message.first, message))
    }
  }
  for (const record of living) {
    const [first] = record.received
    const known = [...(logs.get(first?.log ?? "")?.values() ?? [])]
    if (record.evicted !== undefined && first !== undefined) judgeEviction(world, plan, record, known)
  }
  for (const record of living) if (record.name.includes(" late ")) judgeLate(world, plan, record)
}

/** Nothing goes before a bound is passed. */
function judgeEviction(world: World, plan: HistoryPlan, record: HistoryRecord, known: readonly KeptMessage[]): void {
  const { first, atMs } = record.evicted ?? { first: 0, atMs: 0 }
  if (first === 0 || plan.policy.history === undefined) return
  const { messages, bytes, ageMs } = plan.policy.history
  // Of what nobody who lives has got, each chunk may be a message, and a full one.
  const end = Math.max(...known.map(({ next }) => next))
  const unknown = end - known.reduce((sum, { first, next }) => sum + next - first, 0)
  const costs = known.map((message) => message.bytes + FRAME_BYTES * (message.next - message.first))
  const cost = costs.reduce((sum, cost) => sum + cost, unknown * (WRITER_LIMITS.chunkBytes + FRAME_BYTES))
  const isOld = ageMs !== undefined && atMs >= ageMs
  const isLarge = bytes !== undefined && cost > bytes
  const isMany = messages !== undefined && known.length + unknown > messages
  world.findings.check(
    isOld || isLarge || isMany,
    () => `${record.name} was told that all below ${first} is gone, and nothing was too much`,
  )
  if (messages === undefined || isOld || isLarge) return
  const left = known.filter((message) => message.first >= first).length
  world.findings.check(
    left >= Math.min(messages, known.length),
    () => `${record.name} got ${left} messages of the last ${messages}`,
  )
}

/** Nothing is published any more: the last message is there, and no more than the bounds allow. */
function judgeLate(world: World, { policy }: HistoryPlan, record: HistoryRecord): void {
  const { received, name, plan } = record
  const last = received.at(-1)
  if (plan.from === "now") {
    world.findings.check(
      received.length === 1 && last?.publisher === LAST,
      () => `${name} got more than the last message`,
    )
    return
  }
  const { bytes = Number.POSITIVE_INFINITY } = policy.history ?? {}
  // The last message stays whatever its size; one turn's come and go together.
  const kept = received.slice(0, -1).reduce((sum, message) => sum + message.bytes, 0)
  world.findings.check(
    kept <= bytes + LIMITS.flushBytes,
    () => `${name} got ${kept} bytes, and ${bytes} are to be kept`,
  )
}
