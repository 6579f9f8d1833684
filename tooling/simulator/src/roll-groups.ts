import { Dice } from "./dice.ts"
import type { GroupMemberPlan, GroupPlan, Plan, PublisherPlan } from "./plan.ts"
import { rollClusterPlan } from "./roll-cluster.ts"

const KIB = 1024

/** Rolls a run of which some at one broker have groups, too: with dice of its own, on top of {@link rollClusterPlan}. */
export function rollGroupPlan(seed: number): Plan {
  const base = rollClusterPlan(seed)
  const dice = new Dice(seed).fork("groups")
  // Topics stay with their broker: members that move have left their group.
  if (base.brokers !== undefined || !dice.chance(0.3)) return base
  return { ...base, groups: Array.from({ length: dice.between(1, 2) }, (_, n) => rollGroup(dice, base, `shared.${n}`)) }
}

function rollGroup(dice: Dice, { clients }: Plan, subject: string): GroupPlan {
  const ids = clients.map(({ id }) => id)
  const publisher = (): PublisherPlan => ({
    client: dice.pick(ids),
    atMs: dice.between(500, 8_000),
    write: {
      messages: dice.skewed(5, 80),
      minBytes: 1,
      maxBytes: dice.chance(0.15) ? 150 * KIB : 2 * KIB,
      pauseMs: dice.chance(0.4) ? 0 : dice.skewed(1, 200),
      text: false,
    },
  })
  const member = (n: number): GroupMemberPlan => ({
    name: `${subject} member ${n}`,
    client: dice.pick(ids),
    atMs: dice.chance(0.7) ? 0 : dice.between(0, 8_000),
    prefetch: dice.chance(0.5) ? 16 : dice.between(1, 4),
    workMs: dice.chance(0.4) ? 0 : dice.skewed(1, 500),
    leavesAfter: dice.chance(0.3) ? dice.between(1, 10) : Number.POSITIVE_INFINITY,
  })
  return {
    subject,
    publishers: Array.from({ length: dice.between(1, 2) }, publisher),
    members: Array.from({ length: dice.between(1, 4) }, (_, n) => member(n)),
  }
}
