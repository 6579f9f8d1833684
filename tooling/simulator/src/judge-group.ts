import type { MemberRecord } from "./group.ts"
import type { Publication } from "./topic.ts"
import type { World } from "./world.ts"

/** Whether the members of a group have worked on all that was published while one of them lived. */
export function judgeGroup(world: World, publications: readonly Publication[], records: readonly MemberRecord[]): void {
  // A broker that has begun anew has forgotten its topics, and who goes with a message may have lost it.
  if (world.generation > 1 || records.some(({ hasGap }) => hasGap)) return
  const lasting = records.filter(
    ({ plan }) => !world.participant(plan.client).killed && plan.leavesAfter === Number.POSITIVE_INFINITY,
  )
  const sinceMs = Math.min(...lasting.map(({ openedAtMs }) => openedAtMs))
  for (const { name, client, sent, sentAtMs } of publications) {
    const publisher = world.participant(client)
    if (publisher.killed || publisher.link.cuts > 0) continue
    for (let n = 0; n < sent; n++) {
      if ((sentAtMs[n] ?? 0) <= sinceMs || isWorkedOn(world, records, name, n)) continue
      world.findings.add(`nobody has worked on ${name} ${n}, though a member was there`)
    }
  }
}

/** By a member that is there, or by one that was done with it before it went. */
function isWorkedOn(world: World, records: readonly MemberRecord[], publisher: string, n: number): boolean {
  return records.some(({ plan, received }) => {
    const message = received.find((one) => one.publisher === publisher && one.n === n)
    if (message === undefined) return false
    const stays = plan.leavesAfter === Number.POSITIVE_INFINITY
    return message.isDone || (stays && !world.participant(plan.client).killed)
  })
}
