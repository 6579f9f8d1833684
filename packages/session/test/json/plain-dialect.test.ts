import { ManualClock, SeededRandom } from "@luxbus/clock/testing"
import { BROKER_LIMITS, BusError, chunkCost, type Packet } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { PLAIN_STREAMS } from "../../src/index.ts"
import { flatList } from "../../src/json/dialect.ts"
import { PlainDialect } from "../../src/json/plain-dialect.ts"
import { testHash } from "../test-hash.ts"
import { textSide } from "./text-side.ts"

const RECEIVER = 0x8000_0000
const WINDOW = chunkCost(BROKER_LIMITS.plainWindowBytes)

/** A plain client and its broker, both played by hand. */
function setUp(from: string | undefined = "alice") {
  const toBroker: Packet[] = []
  const toClient: Packet[] = []
  const dialect = new PlainDialect({
    clock: new ManualClock(),
    random: new SeededRandom(1),
    createHash: testHash,
    output: { toBroker: (packet) => toBroker.push(packet), toClient: (packet) => toClient.push(packet) },
  })
  const taken = (packets: Packet[]): readonly Packet[] => packets.splice(0).map(withoutUndefined)
  const welcome = () => dialect.fromBroker({ uid: "", type: "command", welcome: { id: from ?? "client/1" } })
  return {
    dialect,
    welcome,
    said: () => taken(toBroker),
    told: () => taken(toClient),
    joined() {
      dialect.fromClient({ uid: "", type: "command", from, ping: 1 })
      welcome()
      toBroker.length = 0
      toClient.length = 0
      return this
    },
  }
}
const withoutUndefined = (packet: Packet): Packet => JSON.parse(JSON.stringify(packet))
const chunk = (n: number, more: Partial<Packet> = {}): Packet => ({
  uid: "s",
  type: "stream",
  chunk: n,
  data: n,
  ...more,
})
const chunkOf = (n: number) => ({ chunk: n, data: n })
const mine = (more: Partial<Packet>): Packet => ({ uid: "s", type: "stream", alias: RECEIVER + 1, ...more })
const theirs = (more: Partial<Packet>): Packet => ({ uid: "s", type: "stream", alias: 5, ...more })
const open = (credit = 1_000_000): Packet[] => [mine({ open: true, epoch: 1 }), mine({ lane: "main", cum: 0, credit })]
const numbers = (packets: readonly Packet[]) => packets.flatMap(({ chunk: n }) => n ?? [])

describe("the first packet", () => {
  test("asks for the id that it bears; what comes before WELCOME is taken after it", () => {
    const { dialect, said, welcome, told } = setUp()
    dialect.fromClient({ uid: "a", from: "alice", type: "event", data: 1 })
    dialect.fromClient({ uid: "a", from: "bob", type: "event", data: 2 })
    const [hello, ...others] = said()
    expect(hello?.hello).toMatchObject({ versions: [1], id: "alice", secret: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(others).toEqual([])
    welcome()
    expect(said()).toMatchObject([
      { frame: "start", kind: "publish" },
      { chunk: 0, data: 1 },
      { chunk: 1, data: 2 },
    ])
    expect(told()).toEqual([])
  })

  test("needs none: the broker gives one", () => {
    const { dialect, said } = setUp()
    dialect.fromClient({ uid: "a", type: "event", data: 1 })
    expect(said()[0]?.hello).not.toHaveProperty("id")
  })
})

describe("a stream that it writes", () => {
  test("is announced by its first chunk, which waits until it is open, and goes on within credit", () => {
    const { dialect, said } = setUp().joined()
    dialect.fromClient(chunk(0, { to: "bob" }))
    dialect.fromClient(chunk(1, { to: "bob" }))
    expect(said()).toMatchObject([
      { uid: "s", frame: "start", kind: "relayed", from: "alice", to: "bob", alias: 1, epoch: 1_704_067_200 },
    ])
    for (const packet of open(chunkCost(1))) dialect.fromBroker(packet)
    expect(numbers(said())).toEqual([0])
    dialect.fromBroker(mine({ lane: "main", credit: chunkCost(1) * 2 }))
    expect(numbers(said())).toEqual([1])
  })

  test("to nobody is hosted, and has no epoch of its own", () => {
    const { dialect, said } = setUp().joined()
    dialect.fromClient(chunk(0, { to: null }))
    expect(said()).toMatchObject([{ frame: "start", kind: "hosted" }])
    expect(setUp().said()).toEqual([])
  })

  test("is acknowledged number by number, each once", () => {
    const { dialect, told } = setUp().joined()
    for (let n = 0; n < 6; n++) dialect.fromClient(chunk(n, { to: "bob" }))
    for (const packet of open()) dialect.fromBroker(packet)
    dialect.fromBroker(mine({ lane: "main", cum: 2, ack: [[4, 5]] }))
    dialect.fromBroker(mine({ lane: "main", cum: 3, ack: [[4, 5]] }))
    const ack = { uid: "s", from: "bob", to: "alice", type: "stream", status: "ack" }
    expect(told()).toEqual([
      { ...ack, ack: [0, 1, 4, 5] },
      { ...ack, ack: [2] },
    ])
  })

  test("is asked for what is missing; what comes again costs no credit", () => {
    const { dialect, said, told } = setUp().joined()
    dialect.fromClient(chunk(0))
    for (const packet of open(chunkCost(1))) dialect.fromBroker(packet)
    said()
    dialect.fromBroker(mine({ lane: "main", missing: [[0, 0]] }))
    expect(told()).toMatchObject([{ status: "missing", missing: [0] }])
    dialect.fromClient(chunk(0))
    expect(numbers(said())).toEqual([0])
  })

  test("ends on both lanes with the END of main, and states its outcome, again whenever it is opened", () => {
    const { dialect, said } = setUp().joined()
    dialect.fromClient(chunk(0, { to: "bob", lane: "error" }))
    dialect.fromClient(chunk(0, { to: "bob", is_final: true, of: 1 }))
    for (const packet of [...open(), mine({ lane: "error", credit: 65_536 })]) dialect.fromBroker(packet)
    const packets = said()
    expect(packets).toContainEqual(expect.objectContaining({ lane: "error", chunk: 1, is_final: true }))
    const outcome = { status: "done", main: 1, error: 2 }
    expect(packets).toContainEqual(expect.objectContaining({ outcome }))
    dialect.fromBroker(mine({ verdict: { verdict: "retry" } }))
    expect(said()).toMatchObject([{ frame: "start", resume: true }])
    dialect.fromBroker(mine({ open: true, epoch: 1 }))
    expect(said()).toMatchObject([{ lane: "main", next: 1 }, { lane: "error", next: 2 }, { outcome }])
  })

  test("takes nothing behind its end", () => {
    const { dialect, told } = setUp().joined()
    dialect.fromClient(chunk(1, { is_final: true }))
    dialect.fromClient(chunk(2))
    dialect.fromClient(chunk(0))
    expect(told()).toMatchObject([{ uid: "s", frame: "error", code: "invalid_state" }])
  })

  test.each([
    ["unknown", "peer_lost"],
    ["fenced", "fenced"],
  ])("that is %s has failed with %s, and may begin anew", (verdict, code) => {
    const { dialect, said, told } = setUp().joined()
    dialect.fromClient(chunk(0, { to: "bob" }))
    said()
    dialect.fromBroker(mine({ verdict: { verdict, current: 9 } }))
    expect(told()).toMatchObject([{ uid: "s", frame: "error", code }])
    dialect.fromClient(chunk(0, { to: "bob" }))
    expect(said()).toMatchObject([{ frame: "start", alias: 2 }])
  })

  test("holds back what it is given while its reader is away", () => {
    const { dialect, said, told } = setUp().joined()
    dialect.fromClient(chunk(0, { to: "bob" }))
    for (const packet of open()) dialect.fromBroker(packet)
    dialect.fromBroker(mine({ suspended: 120_000 }))
    said()
    dialect.fromClient(chunk(1, { to: "bob" }))
    expect(said()).toEqual([])
    expect(told()).toContainEqual(expect.objectContaining({ suspended: 120_000 }))
    dialect.fromBroker({
      uid: "",
      type: "command",
      resume_stream: { name: "s", to: "bob", epoch: 1, main: 1, error: 0 },
    })
    expect(said()).toMatchObject([{ frame: "start" }])
  })

  test("waits for at most a window of what its reader has no room for", () => {
    const { dialect, told } = setUp().joined()
    const data = "x".repeat(60_000)
    for (let n = 0; n < 4; n++) dialect.fromClient(chunk(n, { to: "bob", data }))
    expect(told()).toEqual([])
    dialect.fromClient(chunk(4, { to: "bob", data }))
    expect(told()).toMatchObject([{ code: "flow_control", details: { limit: 262_144 } }])
  })
})

describe("a stream that it reads", () => {
  const relayed: Packet = { uid: "s", type: "stream", frame: "start", kind: "relayed", from: "bob", alias: 5, epoch: 7 }
  const delivery: Packet = { uid: "s", type: "stream", frame: "start", kind: "delivery", alias: 5, main_first: 3 }

  test("of a peer's is opened, and its place stated as the client acknowledges", () => {
    const { dialect, said, told } = setUp().joined()
    dialect.fromBroker(relayed)
    expect(said()).toMatchObject([
      { alias: RECEIVER + 5, open: true, epoch: 7 },
      { lane: "main", cum: 0, credit: WINDOW },
      { lane: "error", cum: 0, credit: 65_600 },
    ])
    for (let n = 0; n < 6; n++) dialect.fromBroker(theirs({ chunk: n, data: n }))
    expect(told()).toHaveLength(6)
    dialect.fromClient({ uid: "s", type: "stream", status: "ack", ack: [0, 1, 4] })
    const cost = chunkCost(1)
    expect(said()).toMatchObject([{ lane: "main", cum: 2, ack: [4], credit: WINDOW + 3 * cost }])
    dialect.fromClient({ uid: "s", type: "stream", status: "ack", ack: [[2, 5], 0] })
    expect(said()).toMatchObject([{ cum: 6, credit: WINDOW + 6 * cost }])
  })

  test("that its peer repeats although it is acknowledged comes no second time", () => {
    const { dialect, told } = setUp().joined()
    dialect.fromBroker(relayed)
    dialect.fromBroker(theirs({ chunk: 0, data: 0 }))
    dialect.fromClient({ uid: "s", type: "stream", status: "ack", ack: [0] })
    dialect.fromBroker(theirs({ chunk: 0, data: 0 }))
    expect(numbers(told())).toEqual([0])
  })

  test("of the broker's is granted a window, and is told apart from nothing", () => {
    const { dialect, said } = setUp().joined()
    dialect.fromBroker(delivery)
    expect(said()).toMatchObject([
      { lane: "main", credit: WINDOW },
      { lane: "error", credit: 65_600 },
    ])
  })

  test("of a pattern comes with its subjects, and nothing between its numbers is asked for", () => {
    const { dialect, said, told } = setUp().joined()
    const start = {
      kind: "delivery",
      frame: "start",
      type: "event",
      uid: "task.*",
      main_first: 3,
      sparse: true,
    } as const
    dialect.fromBroker(theirs({ ...start }))
    said()
    const event = (uid: string, n: number) => theirs({ uid, type: "event", from: "bob", ...chunkOf(n) })
    for (const [uid, n] of [["task.1", 5] as const, ["task.2", 9] as const]) dialect.fromBroker(event(uid, n))
    expect(told()).toEqual([
      { uid: "task.1", type: "event", from: "bob", chunk: 5, data: 5 },
      { uid: "task.2", type: "event", from: "bob", chunk: 9, data: 9 },
    ])
    for (let i = 0; i < 2; i++) dialect.fromBroker(theirs({ lane: "main", next: 10 }))
    expect(said().filter(({ missing }) => missing !== undefined)).toEqual([])
    dialect.fromClient({ uid: "task.*", type: "command", to: "dispatcher", data: "unsubscribe" })
    expect(said()).toMatchObject([{ uid: "task.*", cancel: { code: "closed" } }])
  })

  test("comes again where it is missing, as long as it was not acknowledged", () => {
    const { dialect, said, told } = setUp().joined()
    dialect.fromBroker(delivery)
    for (const n of [3, 4, 5]) dialect.fromBroker(theirs({ chunk: n, data: n }))
    dialect.fromClient({ uid: "s", type: "stream", status: "ack", ack: [3] })
    said()
    told()
    dialect.fromClient({ uid: "s", type: "stream", status: "missing", missing: [3, 4, 9] })
    expect(told()).toEqual([
      { uid: "s", type: "stream", chunk: 4, data: 4 },
      { uid: "s", type: "stream", status: "gap", gap: [3], first: 4, reason: "evicted" },
    ])
    expect(said()).toEqual([])
  })

  test("of a peer's asks the peer for what has not come, as for what the broker had to drop", () => {
    const { dialect, said, told } = setUp().joined()
    dialect.fromBroker(relayed)
    for (const n of [0, 3]) dialect.fromBroker(theirs({ chunk: n, data: n }))
    said()
    told()
    dialect.fromClient({ uid: "s", type: "stream", status: "missing", missing: [1, 2] })
    expect(said()).toMatchObject([{ alias: RECEIVER + 5, lane: "main", missing: [[1, 2]] }])
    expect(told()).toEqual([])
    dialect.fromBroker(theirs({ lane: "main", hole: [[1, 2]] }))
    expect(said()).toMatchObject([{ lane: "main", missing: [[1, 2]] }])
  })

  test("of a peer's that states twice how far it is, is asked for what lies between", () => {
    const { dialect, said } = setUp().joined()
    dialect.fromBroker(relayed)
    dialect.fromBroker(theirs({ chunk: 1, data: 1 }))
    said()
    dialect.fromBroker(theirs({ lane: "main", next: 4 }))
    expect(said()).toMatchObject([{ lane: "main", cum: 0 }])
    dialect.fromBroker(theirs({ lane: "main", next: 4 }))
    expect(said()).toMatchObject([{ cum: 0 }, { missing: [0, [2, 3]] }])
  })

  test("is complete once all of it is acknowledged, or when the client says so, not before", () => {
    const { dialect, said, told } = setUp().joined()
    dialect.fromBroker({ ...relayed, main_first: 0 })
    for (const n of [0, 1]) dialect.fromBroker(theirs({ chunk: n, data: n, is_final: n === 1 }))
    dialect.fromClient({ uid: "s", type: "stream", status: "complete" })
    expect(told().at(-1)).toMatchObject({ frame: "error", code: "invalid_state" })
    const outcome = { status: "done", main: 2, error: 0 }
    dialect.fromBroker(theirs({ outcome }))
    dialect.fromBroker(theirs({ outcome }))
    expect(told().filter((packet) => packet.outcome !== undefined)).toHaveLength(1)
    said()
    dialect.fromClient({ uid: "s", type: "stream", status: "complete" })
    expect(said()).toMatchObject([{ alias: RECEIVER + 5, status: "complete" }])
    dialect.fromClient({ uid: "s", type: "stream", status: "complete" })
    expect(told().at(-1)).toMatchObject({ code: "unknown_stream" })
  })

  test("goes on behind a gap, with the credit that the broker counts from there", () => {
    const { dialect, said, told } = setUp().joined()
    dialect.fromBroker(delivery)
    dialect.fromBroker(theirs({ chunk: 3, data: 3 }))
    said()
    dialect.fromBroker(theirs({ status: "gap", lane: "main", gap: [[4, 9]], first: 10, at: 900, reason: "lagged" }))
    expect(told().at(-1)).toMatchObject({ uid: "s", status: "gap", gap: [[4, 9]], first: 10 })
    expect(said()).toMatchObject([{ lane: "main", credit: WINDOW + 900 }])
    dialect.fromBroker(theirs({ chunk: 10, data: 10 }))
    expect(numbers(told())).toEqual([10])
  })

  test("of a peer hears of a gap at once and once, and still gets what was on its way, which counts once", () => {
    const { dialect, said, told } = setUp().joined()
    dialect.fromBroker({ ...relayed, main_first: 0 })
    dialect.fromBroker(theirs({ chunk: 0, data: 0 }))
    const gap = { status: "gap", lane: "main", gap: [[2, 9]], first: 10, at: 9_000, reason: "lagged" } as const
    dialect.fromBroker(theirs(gap))
    dialect.fromBroker(theirs(gap))
    expect(told().filter(({ status }) => status === "gap")).toMatchObject([{ uid: "s", gap: [[2, 9]], first: 10 }])
    expect(said().at(-1)).toMatchObject({ cum: 0, ack: [[2, 9]], credit: WINDOW })
    for (const n of [1, 10, 5]) dialect.fromBroker(theirs({ chunk: n, data: n }))
    expect(numbers(told())).toEqual([1, 10])
    dialect.fromClient({ uid: "s", type: "stream", status: "ack", ack: [0, 1] })
    expect(said().at(-1)).toMatchObject({ cum: 10, credit: WINDOW + 9_000 })
  })

  test("an acknowledgement of what was never sent is a protocol error", () => {
    const { dialect } = setUp().joined()
    dialect.fromBroker(delivery)
    expect(() => dialect.fromClient({ uid: "s", type: "stream", status: "ack", ack: [3] })).toThrow(
      expect.objectContaining({ code: "protocol", details: { field: "ack" } }),
    )
  })

  test("that is one too many is refused, at the broker and to the client", () => {
    const { dialect, said, told } = setUp().joined()
    for (let n = 1; n <= PLAIN_STREAMS; n++) dialect.fromBroker({ ...delivery, alias: n })
    said()
    dialect.fromBroker({ ...delivery, alias: 99 })
    expect(said()).toMatchObject([{ alias: RECEIVER + 99, cancel: { code: "rate_limited" } }])
    expect(told()).toMatchObject([{ uid: "s", frame: "error", code: "rate_limited" }])
  })
})

describe("what it publishes", () => {
  test("is one stream per subject, and its numbers the broker's to give", () => {
    const { dialect, said } = setUp().joined()
    for (const data of [1, 2]) dialect.fromClient({ uid: "news", type: "event", chunk: 77, data })
    expect(said()).toMatchObject([{ frame: "start", kind: "publish", alias: 1 }, { chunk: 0 }, { chunk: 1 }])
  })

  test("on a subject that is none is invalid_argument", () => {
    const { dialect, told } = setUp().joined()
    dialect.fromClient({ uid: "a b", type: "event", data: 1 })
    expect(told()).toMatchObject([{ uid: "a b", type: "event", code: "invalid_argument" }])
  })

  test("and is refused by the broker is told under its subject, and announced anew", () => {
    const { dialect, said, told } = setUp().joined()
    dialect.fromClient({ uid: "news", type: "event", data: 1 })
    said()
    dialect.fromBroker({ uid: "", type: "stream", frame: "error", alias: RECEIVER + 1, code: "too_large", text: "no" })
    expect(told()).toEqual([{ uid: "news", type: "stream", frame: "error", code: "too_large", text: "no" }])
    dialect.fromClient({ uid: "news", type: "event", data: 1 })
    expect(said()).toMatchObject([{ frame: "start", alias: 2 }, { chunk: 0 }])
  })

  test("on many subjects keeps the ones used last", () => {
    const { dialect, said } = setUp().joined()
    for (let n = 0; n < 300; n++) dialect.fromClient({ uid: `news.${n}`, type: "event", data: n })
    expect(said().filter(({ cancel }) => cancel !== undefined)).toHaveLength(44)
  })
})

describe("what a peer states that cannot be", () => {
  test("resets the stream that it writes, and nothing else", () => {
    const { dialect, said, told } = setUp().joined()
    dialect.fromBroker({ uid: "s", type: "stream", frame: "start", kind: "relayed", from: "bob", alias: 5, epoch: 7 })
    said()
    dialect.fromBroker(theirs({ outcome: { status: "odd" } }))
    expect(said()).toMatchObject([{ alias: RECEIVER + 5, cancel: { code: "protocol" } }])
    expect(told()).toMatchObject([{ uid: "s", frame: "error", code: "protocol" }])
    dialect.fromBroker(theirs({ chunk: 0, data: 0 }))
    expect(told()).toEqual([])
  })

  test("resets the stream that it reads, and nothing else", () => {
    const { dialect, said, told } = setUp().joined()
    dialect.fromClient(chunk(0, { to: "bob" }))
    said()
    dialect.fromBroker(mine({ lane: "main", ack: [[2, 1]] }))
    expect(said()).toMatchObject([{ alias: 1, cancel: { code: "protocol" } }])
    expect(told()).toMatchObject([{ uid: "s", frame: "error", code: "protocol" }])
  })
})

test("a first packet that is wrong closes the connection once it is read, and throws at nobody", () => {
  const side = textSide()
  side.say({ uid: "s", from: "alice", type: "stream" })
  expect(side.heard.at(-1)).toMatchObject({ frame: "error", code: "protocol", details: { field: "chunk" } })
  expect(side.closes).toMatchObject([{ code: 1002 }])
})

test("the connection's credit is renewed as chunks pass, whatever is acknowledged", () => {
  const { dialect, said } = setUp().joined()
  dialect.fromBroker({ uid: "s", type: "event", frame: "start", kind: "delivery", alias: 5 })
  for (let n = 0; n < 20; n++) dialect.fromBroker(theirs({ type: "event", chunk: n, data: "x".repeat(60_000) }))
  const grants = said().filter(({ alias, credit }) => alias === undefined && credit !== undefined)
  expect(grants.map(({ credit }) => credit)).toEqual([1_048_576 + 9 * 60_066, 1_048_576 + 18 * 60_066])
})

test("numbers are listed up to a window's worth, whatever a range claims", () => {
  expect(flatList([[0, Number.MAX_SAFE_INTEGER]])).toHaveLength(16_384)
  expect(
    flatList([
      [1, 2],
      [5, 5],
    ]),
  ).toEqual([1, 2, 5])
})

test("a plain client that is silent for hours is not sent away, as the broker answers its own pings", () => {
  const side = textSide()
  side.say({ uid: "", type: "command", from: "alice", ping: 1 })
  side.clock.advance(3 * 3_600_000)
  expect(side.closes).toEqual([])
  expect(side.heard).toEqual([{ uid: "", type: "command", pong: 1 }])
  side.session.mux.terminate()
  side.clock.settle()
  expect(side.clock.pendingTimers).toBe(0)
})

test("a plain client hears why it is sent away", () => {
  const side = textSide()
  side.say({ uid: "", type: "command", from: "alice", ping: 1 })
  side.session.refuse(new BusError("replaced", "another"))
  side.clock.settle()
  expect(side.heard.at(-1)).toEqual({ uid: "", type: "stream", frame: "error", code: "replaced", text: "another" })
})
