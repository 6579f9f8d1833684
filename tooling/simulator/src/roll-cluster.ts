import { Dice } from "./dice.ts"
import type { FaultPlan, Plan } from "./plan.ts"
import { rollMorePlan } from "./roll-more.ts"
import { rollDuplex } from "./roll-plan.ts"

/** Kinds of faults of a broker, which are those of any broker of a cluster. */
const OF_BROKERS: readonly string[] = ["broker-kill", "broker-drain", "broker-crash", "broker-set-wall"]

/**
 * Rolls what a run will do. The same seed gives the same plan.
 *
 * Some runs are at a cluster of brokers, over a backplane that loses, repeats and delays messages: rolled with dice of
 * its own on top of {@link rollMorePlan}.
 */
export function rollPlan(seed: number): Plan {
  const base = rollMorePlan(seed)
  const dice = new Dice(seed).fork("cluster")
  if (!dice.chance(0.25)) return base
  const brokers = dice.between(2, 3)
  const ids = base.clients.map(({ id }) => id)
  const more = Array.from({ length: dice.between(1, 3) }, (_, n) => rollDuplex(dice, ids, `across.${n}`))
  const partitions = Array.from({ length: dice.between(0, 4) }, () => rollPartition(dice, base, brokers))
  return {
    ...base,
    brokers,
    backplane: {
      lost: dice.chance(0.3) ? 0 : dice.skewed(1, 30) / 100,
      repeated: dice.chance(0.5) ? 0 : dice.skewed(1, 20) / 100,
      delayMs: dice.chance(0.3) ? 0 : dice.skewed(1, 500),
    },
    // Hosted streams and topics stay with their broker.
    jobs: [],
    topics: [],
    rivals: [],
    duplexes: [...base.duplexes, ...more],
    faults: [...base.faults.map((fault) => ofAny(fault, dice, brokers)), ...partitions].sort((a, b) => a.atMs - b.atMs),
  }
}

function ofAny(fault: FaultPlan, dice: Dice, brokers: number): FaultPlan {
  return OF_BROKERS.includes(fault.kind) ? ({ ...fault, broker: dice.between(0, brokers - 1) } as FaultPlan) : fault
}

/** One way only, or both: what a broker sends reaches another no more, for a while. */
function rollPartition(dice: Dice, { calmAtMs }: Plan, brokers: number): FaultPlan {
  const atMs = dice.between(0, calmAtMs - 1)
  const from = dice.between(0, brokers - 1)
  const to = (from + dice.between(1, brokers - 1)) % brokers
  const forMs = Math.min(calmAtMs - atMs, dice.skewed(10, 40_000))
  return { atMs, kind: "partition", from, to, isBothWays: dice.chance(0.4), forMs }
}
