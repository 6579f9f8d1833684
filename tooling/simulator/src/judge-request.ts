import type { MemberRecord } from "./channel-member.ts"
import { mayAnswer } from "./consumer.ts"
import { PLANNED_FAILURE } from "./provider.ts"
import type { RequestRecord } from "./request-record.ts"
import type { World } from "./world.ts"

/** Whether how a request ended is explained by what became of it and of those who could have answered. */
export function judgeRequest(world: World, record: RequestRecord, members: readonly MemberRecord[]): void {
  const { result, details, runs, name, hasGivenUp } = record
  if (result === undefined || world.participant(record.plan.client).killed) return
  world.findings.check(
    isExplained(world, record, members),
    () => `${name} ended with ${result}, which nothing explains`,
  )
  const isBegun = runs.length > 0
  if (result === "peer_lost" && isBegun && details["maybeExecuted"] !== true) {
    world.findings.add(`${name} was lost with ${runs[0]?.provider.name}, and is said not to have been begun`)
  }
  // Who was told that its answer is there has answered: nobody gives an answer up that has arrived.
  const answered = runs.find(({ isComplete }) => isComplete)
  const isTold = result === "reply" && record.from === answered?.provider.plan.client
  if (answered !== undefined && !hasGivenUp && !isTimeUp(world, record)) {
    world.findings.check(isTold, () => `${answered.name} was told that its answer is there, and it was ${result}`)
  }
}

function isExplained(world: World, record: RequestRecord, members: readonly MemberRecord[]): boolean {
  const { result, runs, hasGivenUp, plan } = record
  const providers = members.filter((member) => mayAnswer(member, record))
  switch (result) {
    case "reply":
      return true
    case PLANNED_FAILURE:
      return runs.some(({ hasFailed }) => hasFailed)
    case "invalid_argument":
      return plan.to === plan.client
    case "cancelled":
    case "closed":
      // What waits with a provider that leaves is closed.
      return hasGivenUp || providers.some(({ leftAtMs }) => leftAtMs > record.startedAtMs - WINDOW_MS)
    case "timeout":
      // It says that nobody has begun.
      return isTimeUp(world, record) && runs.length === 0
    case "indeterminate":
      return isTimeUp(world, record)
    case "expired":
      return isTimeUp(world, record) || world.generation > 1 || isLostStream(record)
    case "peer_lost":
      return world.generation > 1 || providers.some(({ participant }) => participant.killed)
    case "no_provider":
      return !record.wasThereOne
    default:
      return false
  }
}

/**
 * A known fault: who opened a stream to a channel counts a window of its own, as long as the broker's, and may be over with
 * it before the broker's word has come. Then its outcome is `expired`, as of any stream, and not `peer_lost` with details.
 */
function isLostStream({ plan, runs }: RequestRecord): boolean {
  return plan.form === "stream" && runs.some(({ provider }) => provider.participant.killed)
}

/** What a broker keeps of who is gone. */
const WINDOW_MS = 120_000

/** By its consumer's clock. Clocks that have slept are ahead of the run's. */
function isTimeUp({ plan: { faults } }: World, { startedAtMs, endedAtMs, plan }: RequestRecord): boolean {
  return endedAtMs - startedAtMs >= plan.timeoutMs || faults.some(({ kind }) => kind === "sleep")
}
