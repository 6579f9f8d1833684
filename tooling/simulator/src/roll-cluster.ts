import { Dice } from "./dice.ts"
import type { DuplexPlan, FaultPlan, Plan, SidePlan } from "./plan.ts"
import { rollKinds } from "./roll-kinds.ts"
import { rollMorePlan } from "./roll-more.ts"
import { rollDuplex } from "./roll-plan.ts"

/** Kinds of faults of a broker, which are those of any broker of a cluster. */
const OF_BROKERS: readonly string[] = ["broker-kill", "broker-drain", "broker-crash", "broker-set-wall"]

/**
 * Rolls a run of which some are at a cluster of brokers, over a backplane that loses, repeats and delays messages: with
 * dice of its own, on top of {@link rollMorePlan}.
 */
export function rollClusterPlan(seed: number): Plan {
  return rollKinds(rollCluster(seed))
}

function rollCluster(seed: number): Plan {
  const base = rollMorePlan(seed)
  const dice = new Dice(seed).fork("cluster")
  if (!dice.chance(0.3)) return base
  const brokers = dice.between(2, 3)
  const ids = base.clients.map(({ id }) => id)
  const more = Array.from({ length: dice.between(1, 3) }, (_, n) => lasting(dice, rollDuplex(dice, ids, `across.${n}`)))
  const partitions = Array.from({ length: dice.between(0, 4) }, () => rollPartition(dice, base, brokers))
  const moves = Array.from({ length: dice.between(0, 8) }, () => rollMove(dice, base))
  return {
    ...base,
    brokers,
    backplane: {
      lost: dice.chance(0.3) ? 0 : dice.between(3, 30) / 100,
      repeated: dice.chance(0.5) ? 0 : dice.skewed(1, 20) / 100,
      delayMs: dice.chance(0.3) ? 0 : dice.skewed(1, 500),
    },
    // Topics stay with their broker.
    topics: [],
    duplexes: [...base.duplexes, ...more],
    faults: [...base.faults.map((fault) => ofAny(fault, dice, brokers)), ...partitions, ...moves].sort(
      (a, b) => a.atMs - b.atMs,
    ),
  }
}

function ofAny(fault: FaultPlan, dice: Dice, brokers: number): FaultPlan {
  return OF_BROKERS.includes(fault.kind) ? ({ ...fault, broker: dice.between(0, brokers - 1) } as FaultPlan) : fault
}

/** It takes seconds, so that much happens to it. */
function lasting(dice: Dice, duplex: DuplexPlan): DuplexPlan {
  const side = (side: SidePlan): SidePlan => ({
    ...side,
    main: { ...side.main, messages: dice.between(10, 60), minBytes: 1, maxBytes: 4_096, pauseMs: dice.skewed(20, 500) },
  })
  return { ...duplex, opener: side(duplex.opener), acceptor: side(duplex.acceptor) }
}

/** A client loses its connection: the next one is to any broker. */
function rollMove(dice: Dice, { clients, calmAtMs }: Plan): FaultPlan {
  const atMs = dice.between(0, calmAtMs - 1)
  const client = dice.pick(clients).id
  return dice.chance(0.5)
    ? { atMs, kind: "cut", client }
    : { atMs, kind: "abandon", client, forMs: Math.min(calmAtMs - atMs, dice.skewed(1, 20_000)) }
}

/** One way only, or both: what a broker sends reaches another no more, for a while. */
function rollPartition(dice: Dice, { calmAtMs }: Plan, brokers: number): FaultPlan {
  const atMs = dice.between(0, calmAtMs - 1)
  const from = dice.between(0, brokers - 1)
  const to = (from + dice.between(1, brokers - 1)) % brokers
  const forMs = Math.min(calmAtMs - atMs, dice.skewed(10, 40_000))
  return { atMs, kind: "partition", from, to, isBothWays: dice.chance(0.4), forMs }
}
