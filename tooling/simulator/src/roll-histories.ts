import type { TopicPolicy } from "@luxbus/dispatcher"
import { Dice } from "./dice.ts"
import type { HistoryPlan, Plan, PublisherPlan, SubscriberPlan } from "./plan.ts"
import { rollChannelPlan } from "./roll-channels.ts"

const KIB = 1024

/**
 * Rolls what a run will do. The same seed gives the same plan.
 *
 * Some runs at one broker have topics with a history, too: rolled with dice of their own, on top of {@link rollChannelPlan}.
 */
export function rollPlan(seed: number): Plan {
  const base = rollChannelPlan(seed)
  const dice = new Dice(seed).fork("histories")
  if (base.brokers !== undefined || !dice.chance(0.15)) return base
  const histories = Array.from({ length: dice.between(1, 2) }, (_, n) => rollHistory(dice, base, `kept.${n}`))
  return {
    ...base,
    // The rest of such a run is small, so that what it takes goes into these topics.
    jobs: base.jobs.slice(0, 1),
    duplexes: base.duplexes.slice(0, 1),
    broker: { ...base.broker, topics: histories.map(({ policy }) => policy) },
    histories,
  }
}

function rollPolicy(dice: Dice, match: string): TopicPolicy {
  const history = {
    ...(dice.chance(0.5) && { messages: dice.skewed(1, 60) }),
    ...(dice.chance(0.4) && { bytes: dice.skewed(KIB, 128 * KIB) }),
    ...(dice.chance(0.4) && { ageMs: dice.skewed(200, 600_000) }),
  }
  const isBounded = Object.keys(history).length > 0
  return { match, retain: !isBounded || dice.chance(0.4), ...(isBounded && { history }) }
}

function rollHistory(dice: Dice, { clients }: Plan, subject: string): HistoryPlan {
  const ids = clients.map(({ id }) => id)
  const publisher = (): PublisherPlan => ({
    client: dice.pick(ids),
    atMs: dice.between(0, 8_000),
    write: {
      messages: dice.skewed(1, 120),
      minBytes: 1,
      maxBytes: dice.chance(0.2) ? 100 * KIB : dice.skewed(8, 4 * KIB),
      pauseMs: dice.chance(0.4) ? 0 : dice.skewed(1, 300),
      text: false,
    },
  })
  const subscriber = (n: number): SubscriberPlan => ({
    name: `${subject} subscriber ${n}`,
    client: dice.pick(ids),
    atMs: dice.between(0, 20_000),
    from: dice.chance(0.6) ? "start" : "now",
    pauseMs: dice.chance(0.7) ? 0 : dice.skewed(1, 200),
    listens: dice.chance(0.7),
  })
  return {
    subject,
    policy: rollPolicy(dice, subject),
    publishers: Array.from({ length: dice.between(1, 2) }, publisher),
    subscribers: Array.from({ length: dice.between(1, 4) }, (_, n) => subscriber(n)),
  }
}
