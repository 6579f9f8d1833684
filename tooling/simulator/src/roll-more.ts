import { Dice } from "./dice.ts"
import type { DuplexPlan, FaultPlan, Plan, RivalPlan, SidePlan, TopicPlan, WritePlan } from "./plan.ts"
import { rollBasePlan } from "./roll-plan.ts"

const KIB = 1024
const DAY_MS = 86_400_000

/**
 * Rolls a run at one broker. What came later is rolled with dice of its own, on top of {@link rollBasePlan}: so the seeds
 * of old go on meaning what they meant.
 */
export function rollMorePlan(seed: number): Plan {
  const base = rollBasePlan(seed)
  const dice = new Dice(seed).fork("more")
  const faults = Array.from({ length: dice.chance(0.5) ? 0 : dice.skewed(1, 10) }, () => rollFault(dice, base))
  return {
    ...base,
    isBase: false,
    broker: { ...base.broker, ...(dice.chance(0.2) && { ringBytes: dice.pick([2, 8, 32]) * KIB }) },
    journalDelayMs: dice.chance(0.6) ? 0 : dice.skewed(1, 300),
    rivals: rollRivals(dice, base),
    duplexes: [...base.duplexes, ...(dice.chance(0.05) ? rollCrowd(dice, base) : [])],
    topics: [...base.topics, ...(dice.chance(0.08) ? [rollBusyTopic(dice, base)] : [])],
    tampered: rollTampered(dice, base),
    faults: [...base.faults, ...faults].sort((a, b) => a.atMs - b.atMs),
  }
}

function rollRivals(dice: Dice, { jobs, clients }: Plan): readonly RivalPlan[] {
  return jobs
    .filter(() => dice.chance(0.25))
    .map(({ name, writer, openAtMs }) => ({
      job: name,
      client: dice.pick(clients.map(({ id }) => id).filter((id) => id !== writer)),
      atMs: openAtMs + dice.skewed(1, 4_000),
    }))
}

/** Where publishers meet in one turn. */
export const BUSY_TOPIC = "topic.busy"

/** Two who publish at the same time, much or in many parts: what they say meets in one turn, and in one run. */
function rollBusyTopic(dice: Dice, { clients }: Plan): TopicPlan {
  const ids = clients.map(({ id }) => id)
  const atMs = dice.between(100, 2_000)
  const large = { messages: 8, minBytes: 70 * KIB, maxBytes: 200 * KIB }
  const small = { messages: 400, minBytes: 100, maxBytes: 24 * KIB }
  const isLarge = dice.chance(0.5)
  const publishers = [ids[0]!, ids[1]!].map((client) => ({
    client,
    atMs,
    write: { ...(isLarge ? large : small), pauseMs: isLarge ? dice.between(0, 20) : 0, text: false },
  }))
  const subscribers = [0, 1].map((n) => ({
    name: `${BUSY_TOPIC} subscriber ${n}`,
    client: dice.pick(ids),
    atMs: dice.between(0, 50),
    from: "now" as const,
    pauseMs: n * dice.between(1, 20),
    listens: dice.chance(0.5),
  }))
  return { subject: BUSY_TOPIC, publishers, subscribers }
}

function rollTampered(dice: Dice, { duplexes }: Plan): Plan["tampered"] {
  if (duplexes.length === 0 || dice.chance(0.9)) return undefined
  const { name, opener } = dice.pick(duplexes)
  return { duplex: name, client: opener.client }
}

/** Several who write much to one: more than a broker keeps for a connection, so that it drops and says so. */
function rollCrowd(dice: Dice, { clients }: Plan): readonly DuplexPlan[] {
  const [reader, ...writers] = clients.map(({ id }) => id)
  const nothing: WritePlan = { messages: 0, minBytes: 0, maxBytes: 0, pauseMs: 0, text: false }
  const much: WritePlan = { messages: 40, minBytes: 30 * KIB, maxBytes: 64 * KIB, pauseMs: 0, text: dice.chance(0.5) }
  const some: WritePlan = { messages: 10, minBytes: 10, maxBytes: 4 * KIB, pauseMs: 20, text: false }
  const side = (client: string, main: WritePlan, error: WritePlan): SidePlan => ({
    client,
    main,
    error,
    reads: "both",
    pauseMs: 0,
    ending: "end",
    cancelsAfter: Number.POSITIVE_INFINITY,
  })
  return Array.from({ length: 4 }, (_, n) => ({
    name: `crowd.${n}`,
    opener: side(dice.pick(writers), much, some),
    acceptor: side(reader!, nothing, nothing),
    openAtMs: dice.between(0, 500),
  }))
}

function rollFault(dice: Dice, { clients, calmAtMs }: Plan): FaultPlan {
  const atMs = dice.between(0, calmAtMs - 1)
  const left = calmAtMs - atMs
  const client = dice.pick(clients).id
  const kind = dice.weighted({
    abandon: 4,
    stall: 3,
    swallow: 1.5,
    sleep: 1,
    "set-wall": 1,
    crash: 0.5,
    "broker-crash": 1,
    "broker-set-wall": 0.5,
  })
  switch (kind) {
    case "abandon":
      return { atMs, kind, client, forMs: Math.min(left, dice.skewed(1, 20_000)) }
    case "stall":
      return { atMs, kind, client, forMs: Math.min(left, dice.skewed(10, 40_000)), towards: dice.pick(["near", "far"]) }
    case "swallow":
      return { atMs, kind, client }
    case "sleep":
      return { atMs, kind, client, ms: dice.skewed(100, 60_000) }
    case "set-wall":
      return { atMs, kind, client, byMs: dice.between(-DAY_MS, DAY_MS) }
    case "crash":
      return { atMs, kind, client, messages: dice.skewed(1, 40) }
    case "broker-crash":
      return { atMs, kind, messages: dice.skewed(1, 200), downMs: Math.min(left, dice.skewed(1, 8_000)) }
    case "broker-set-wall":
      return { atMs, kind, byMs: dice.between(-DAY_MS, DAY_MS) }
  }
}
