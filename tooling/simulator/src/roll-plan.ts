import { Dice } from "./dice.ts"
import type { LinkQuality } from "./link.ts"
import type {
  ClientPlan,
  DuplexPlan,
  Ending,
  FaultPlan,
  JobPlan,
  Plan,
  PublisherPlan,
  Reads,
  SidePlan,
  SubscriberPlan,
  TopicPlan,
  ViewerPlan,
  WritePlan,
} from "./plan.ts"

const KIB = 1024
const MIB = 1024 * KIB
/** When the last thing of a plan begins, at the latest. */
const MAX_BEGIN_MS = 10_000

/** Rolls a run with the first kinds of faults: what `rollPlan` builds on. */
export function rollBasePlan(seed: number): Plan {
  const dice = new Dice(seed).fork("plan")
  const clients = times(dice.between(2, 5), (n) => ({ id: `client${n}`, quality: rollQuality(dice) }))
  const ids = clients.map(({ id }) => id)
  const calmAtMs = dice.between(5_000, 40_000)
  return {
    seed,
    isBase: true,
    broker: {
      ringBytes: dice.pick([64 * KIB, 256 * KIB, 2 * MIB, 64 * MIB]),
      keepFinishedMs: 600_000,
      windowMs: 120_000,
    },
    clients,
    jobs: times(dice.between(0, 4), (n) => rollJob(dice, ids, `job.${n}`)),
    duplexes: times(dice.between(0, 4), (n) => rollDuplex(dice, ids, `duplex.${n}`)),
    topics: times(dice.between(0, 2), (n) => rollTopic(dice, ids, `topic.${n}`)),
    faults: rollFaults(dice, clients, calmAtMs),
    calmAtMs,
  }
}

function times<T>(count: number, make: (n: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, n) => make(n))
}

function rollQuality(dice: Dice): LinkQuality {
  return {
    latencyMs: dice.chance(0.3) ? 0 : dice.skewed(1, 300),
    bytesPerSecond: dice.chance(0.6) ? Number.POSITIVE_INFINITY : dice.skewed(256 * KIB, 8 * MIB),
  }
}

function rollWrite(dice: Dice, maxMessages: number, largeBytes: number): WritePlan {
  const minBytes = dice.chance(0.2) ? 0 : dice.skewed(1, 2 * KIB)
  return {
    messages: dice.chance(0.15) ? 0 : dice.skewed(1, maxMessages),
    minBytes,
    maxBytes: Math.max(minBytes, dice.chance(0.15) ? largeBytes : dice.skewed(8, 4 * KIB)),
    pauseMs: dice.chance(0.4) ? 0 : dice.skewed(1, 300),
    text: dice.chance(0.4),
  }
}

function rollMain(dice: Dice): WritePlan {
  return rollWrite(dice, dice.chance(0.3) ? 300 : 40, dice.chance(0.3) ? 400 * KIB : 100 * KIB)
}

function rollError(dice: Dice): WritePlan {
  return rollWrite(dice, 40, 48 * KIB)
}

function rollReads(dice: Dice): Reads {
  return dice.weighted({ both: 6, main: 2, error: 1, outcome: 1 })
}

function rollEnding(dice: Dice): Ending {
  return dice.weighted({ end: 7, fail: 2, close: 1, "await-cancel": 1 })
}

function rollJob(dice: Dice, ids: readonly string[], name: string): JobPlan {
  const ending = rollEnding(dice)
  const viewers = times(dice.between(1, 3), (n) => rollViewer(dice, ids, `${name} viewer ${n}`))
  return {
    name,
    writer: dice.pick(ids),
    openAtMs: dice.between(0, MAX_BEGIN_MS / 2),
    main: rollMain(dice),
    error: rollError(dice),
    ending,
    viewers,
  }
}

function rollViewer(dice: Dice, ids: readonly string[], name: string): ViewerPlan {
  return {
    name,
    client: dice.pick(ids),
    atMs: dice.between(0, MAX_BEGIN_MS),
    from: dice.weighted({ start: 5, now: 2, cursor: 2 }),
    wait: dice.chance(0.8),
    reads: rollReads(dice),
    listens: dice.chance(0.7),
    pauseMs: dice.chance(0.6) ? 0 : dice.skewed(1, 400),
    stopsAfter: dice.between(1, 12),
    // biome-ignore lint/suspicious/noThenProperty: a plan is no promise
    then: dice.weighted({ "go on": 6, close: 1, cancel: 1, pause: 2 }),
  }
}

/** Rolls a stream between two clients. */
export function rollDuplex(dice: Dice, ids: readonly string[], name: string): DuplexPlan {
  const opener = dice.pick(ids)
  const acceptor = dice.pick(ids.filter((id) => id !== opener))
  const sides = { opener: rollSide(dice, opener), acceptor: rollSide(dice, acceptor) }
  return {
    name,
    opener: readable(sides.opener, sides.acceptor),
    acceptor: readable(sides.acceptor, sides.opener),
    openAtMs: dice.between(0, MAX_BEGIN_MS),
  }
}

/** All of error can be read before main only where there is error to come. */
function readable(side: SidePlan, other: SidePlan): SidePlan {
  return side.reads === "error-first" && other.error.messages === 0 ? { ...side, reads: "both" } : side
}

function rollSide(dice: Dice, client: string): SidePlan {
  return {
    client,
    main: rollMain(dice),
    error: rollError(dice),
    reads: dice.chance(0.15) ? "error-first" : rollReads(dice),
    pauseMs: dice.chance(0.6) ? 0 : dice.skewed(1, 300),
    ending: dice.weighted({ end: 8, fail: 2, close: 1 }),
    cancelsAfter: dice.chance(0.1) ? dice.between(1, 5) : Number.POSITIVE_INFINITY,
  }
}

function rollTopic(dice: Dice, ids: readonly string[], subject: string): TopicPlan {
  const publisher = (): PublisherPlan => ({
    client: dice.pick(ids),
    atMs: dice.between(0, MAX_BEGIN_MS),
    write: { ...rollWrite(dice, 40, 100 * KIB), text: false },
  })
  const subscriber = (n: number): SubscriberPlan => ({
    name: `${subject} subscriber ${n}`,
    client: dice.pick(ids),
    atMs: dice.between(0, MAX_BEGIN_MS),
    from: dice.chance(0.6) ? "now" : "start",
    pauseMs: dice.chance(0.7) ? 0 : dice.skewed(1, 200),
    listens: dice.chance(0.7),
  })
  return {
    subject,
    publishers: times(dice.between(1, 3), publisher),
    subscribers: times(dice.between(1, 3), subscriber),
  }
}

function rollFaults(dice: Dice, clients: readonly ClientPlan[], calmAtMs: number): readonly FaultPlan[] {
  const count = dice.chance(0.15) ? 0 : dice.skewed(1, 50)
  const faults = times(count, () => rollFault(dice, clients, dice.between(0, calmAtMs - 1), calmAtMs))
  return [...faults].sort((a, b) => a.atMs - b.atMs)
}

function rollFault(dice: Dice, clients: readonly ClientPlan[], atMs: number, calmAtMs: number): FaultPlan {
  const client = dice.pick(clients).id
  const left = calmAtMs - atMs
  const kind = dice.weighted({
    cut: 8,
    terminate: 4,
    stall: 3,
    block: 3,
    reroute: 2,
    kill: 0.4,
    "broker-kill": 1,
    "broker-drain": 0.5,
  })
  switch (kind) {
    case "cut":
      return { atMs, kind, client }
    case "kill":
      return { atMs, kind, client, reviveAfterMs: dice.chance(0.5) ? Math.min(left, dice.skewed(1, 8_000)) : undefined }
    case "terminate":
      return { atMs, kind, client, side: dice.pick(["near", "far"]) }
    case "stall":
    case "block":
      return { atMs, kind, client, forMs: Math.min(left, dice.skewed(10, 40_000)) }
    case "reroute":
      return { atMs, kind, client, quality: rollQuality(dice) }
    case "broker-kill":
    case "broker-drain":
      return { atMs, kind, downMs: Math.min(left, dice.skewed(1, 8_000)) }
  }
}
