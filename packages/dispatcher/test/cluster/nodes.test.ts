import { ManualClock } from "@luxbus/clock/testing"
import {
  AliasBit,
  BusError,
  type Fields,
  HopFlag,
  type JsonObject,
  Lane,
  MessageWriter,
  StreamKind,
} from "@luxbus/packet"
import { expect, test } from "vitest"
import type { NodeLink } from "../../src/cluster/node-link.ts"
import { Nodes } from "../../src/cluster/nodes.ts"
import { MemoryBackplane } from "../../src/index.ts"
import { RawNode } from "./raw-node.ts"
import { RecordingEnd } from "./recording-end.ts"

// As docs/protocol.md has them.
const SILENCE_MS = 3_000
const IDLE_MS = 60_000
const INCARNATION = new Uint8Array(8).fill(0xaa)
const ANSWERED = (AliasBit.receiver | 1) >>> 0

interface Started {
  readonly link: NodeLink
  readonly address: number
  readonly name: string | undefined
  readonly end: RecordingEnd
}

/** One broker's links, with an end of its own for every stream that another one starts. */
function nodesUnderTest(isOrdered = false) {
  const clock = new ManualClock()
  const backplane = new MemoryBackplane(clock)
  const started: Started[] = []
  const asked: JsonObject[] = []
  /** What is done as the next streams are started; what it throws refuses them. */
  const onStarted: (() => void)[] = []
  const nodes = new Nodes({
    clock,
    backplane: backplane.join(),
    incarnation: INCARNATION,
    isOrdered,
    asked: (_link, command) => void asked.push(command),
    started: (link, address, _header, { name }) => {
      const end = new RecordingEnd()
      started.push({ link, address, name, end })
      onStarted.shift()?.()
      link.bind(address, end)
    },
  })
  const raw = (byte: number) => new RawNode(backplane.join(), byte, INCARNATION)
  return { clock, backplane, nodes, started, asked, onStarted, raw }
}

const startOf =
  (name: string, alias = 1) =>
  (writer: MessageWriter) =>
    writer.start({}, { kind: StreamKind.relayed, name, alias })
const chunkOf =
  (number: number, alias = 1, lane: Lane = Lane.main) =>
  (writer: MessageWriter) =>
    writer.chunk(alias, lane, 0, 0, number, Uint8Array.of(number))

test("hands a stream that another broker starts over, and its statements and chunks to who is bound", () => {
  const { clock, nodes, started, raw } = nodesUnderTest()
  const b = raw(1)
  b.control((writer) => {
    startOf("call")(writer)
    writer.control(1, 0, { next: 2 })
  })
  clock.settle()
  b.say({ peerLink: b.peerLink }, (writer) => {
    for (const n of [0, 1]) chunkOf(n)(writer)
    chunkOf(0, 1, Lane.error)(writer)
  })
  clock.settle()
  expect(started).toMatchObject([{ address: ANSWERED, name: "call" }])
  expect(started[0]!.end.seen).toEqual(["control next", "chunk 0", "chunk 1", "end of run", "chunk 0", "end of run"])
  expect(nodes.linkCount).toBe(1)
})

test("drops data that comes before its START, and makes no link for it", () => {
  const { clock, nodes, started, raw } = nodesUnderTest()
  const b = raw(1)
  b.say({}, chunkOf(0))
  clock.settle()
  expect(nodes.linkCount).toBe(0)
  b.say({ seq: 2 }, (writer) => writer.control(1, 0, { next: 1 }))
  b.say({}, chunkOf(0))
  clock.settle()
  expect(started).toEqual([])
  b.say({ seq: 1 }, startOf("call"))
  b.say({}, chunkOf(1))
  clock.settle()
  expect(started[0]?.end.seen).toEqual(["control next", "chunk 1", "end of run"])
})

test("takes control once and in order, and acknowledges it in the same turn", () => {
  const { clock, started, raw } = nodesUnderTest()
  const b = raw(1)
  for (const seq of [3, 2, 1, 2, 1]) b.say({ seq }, startOf(`s${seq}`, seq))
  clock.settle()
  expect(started.map(({ name }) => name)).toEqual(["s1", "s2", "s3"])
  expect(b.heard.at(-1)).toMatchObject({ link: 1, peerLink: 1, seq: 0, ack: 3, frames: [] })
})

test("sends control numbered until it is acknowledged, data and acknowledgements without a number", () => {
  const { clock, nodes, raw } = nodesUnderTest()
  const b = raw(1)
  const link = nodes.link(b.id)
  const alias = link.allocate(new RecordingEnd())
  link.start(alias, { epoch: 3 }, { kind: StreamKind.relayed, name: "call" })
  link.control(alias, 0, { next: 1 })
  link.send(alias, Lane.main, frames(alias, 0), 65)
  link.send(alias, Lane.main, frames(alias, 1, HopFlag.retransmit), 65)
  clock.settle()
  expect(
    b.heard.map(({ seq, frames }) => [seq, frames.map(({ number, fields }) => number ?? fields.name ?? "next")]),
  ).toEqual([
    [1, ["call", "next"]],
    [2, [1]],
    [0, [0]],
  ])
  clock.advance(300)
  expect(b.heard.map(({ seq }) => seq)).toEqual([1, 2, 0, 1, 2])
  b.acknowledge()
  clock.advance(1_000)
  expect(b.heard).toHaveLength(5)
})

test("sends what is said of one stream in one turn in one message", () => {
  const { clock, nodes, raw } = nodesUnderTest()
  const b = raw(1)
  const link = nodes.link(b.id)
  const alias = link.allocate(new RecordingEnd())
  for (let n = 0; n < 50; n++) link.control(alias, 0, { cum: n })
  for (let n = 0; n < 50; n++) link.send(alias, Lane.main, frames(alias, n), 65)
  clock.settle()
  expect(b.heard.map(({ seq, frames }) => [seq, frames.length])).toEqual([
    [1, 50],
    [0, 50],
  ])
})

test("pulls control, then error, then main, and again what woke as it was pulled", () => {
  const { clock, nodes, raw } = nodesUnderTest()
  const b = raw(1)
  const link = nodes.link(b.id)
  const end = new RecordingEnd()
  const alias = link.allocate(end)
  let chunks = 0
  end.onPull = (lane, output) => {
    if (lane === Lane.control) output.control(0, { next: 2 })
    else output.chunk(lane, 0, 0, chunks++, Uint8Array.of(0))
    if (lane === Lane.main && chunks < 3) link.wake(alias, Lane.error)
    return false
  }
  for (const lane of [Lane.main, Lane.error, Lane.control]) link.wake(alias, lane)
  clock.settle()
  expect(end.seen).toEqual(["pull 3", "pull 2", "pull 1", "pull 2"])
  expect(b.frames.map(({ number }) => number)).toEqual([undefined, 0, 1, 2])
})

test("pulls an end with more than a message holds until it has no more", () => {
  const { clock, nodes, raw } = nodesUnderTest()
  const b = raw(1)
  const link = nodes.link(b.id)
  const end = new RecordingEnd()
  const alias = link.allocate(end)
  let number = 0
  end.onPull = (lane, output) => {
    while (number < 10 && output.room > 0) output.chunk(lane, 0, 0, number++, new Uint8Array(20_000))
    return number < 10
  }
  link.wake(alias, Lane.main)
  clock.settle()
  expect(b.frames.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(b.heard.length).toBeGreaterThan(2)
})

test("does not pull an end that was released after it woke", () => {
  const { clock, nodes, raw } = nodesUnderTest()
  const link = nodes.link(raw(1).id)
  const end = new RecordingEnd()
  const alias = link.allocate(end)
  link.wake(alias, Lane.main)
  link.release(alias)
  clock.settle()
  expect(end.seen).toEqual([])
})

test("splits what is said in one turn into messages that other brokers read", () => {
  const { clock, nodes, raw } = nodesUnderTest()
  const b = raw(1)
  const link = nodes.link(b.id)
  const alias = link.allocate(new RecordingEnd())
  for (let n = 0; n < 100; n++) link.control(alias, 0, { cancel: { reason: "x".repeat(3_000) } })
  for (let n = 0; n < 30; n++) link.send(alias, Lane.main, frames(alias, n, HopFlag.retransmit, 60_000), 60_064)
  for (let n = 0; n < 30; n++) link.send(alias, Lane.main, frames(alias, n, 0, 60_000), 60_064)
  clock.settle()
  const control = b.heard.filter(({ seq }) => seq > 0)
  expect(control.slice(0, 4).map(({ frames }) => frames.length)).toEqual([22, 22, 22, 22])
  expect(control.flatMap(({ frames }) => frames)).toHaveLength(130)
  expect(b.heard.filter(({ seq }) => seq === 0).flatMap(({ frames }) => frames)).toHaveLength(30)
})

test("gives no alias twice, on whichever link, and however often links begin anew", () => {
  const { clock, nodes, raw } = nodesUnderTest()
  const [b, c] = [raw(1), raw(2)]
  const aliases: number[] = []
  for (let round = 0; round < 3; round++) {
    for (const { id } of [b, c]) {
      const link = nodes.link(id)
      for (let i = 0; i < 10; i++) aliases.push(link.allocate(new RecordingEnd()))
      link.release(aliases.at(-1)!)
      link.close()
    }
    clock.settle()
  }
  expect(new Set(aliases).size).toBe(60)
})

test("says to who speaks on a link that is over that there is none, and takes nothing of it", () => {
  const { clock, nodes, started, raw } = nodesUnderTest()
  const b = raw(1)
  b.say({ link: 4, peerLink: 9, seq: 1 }, startOf("call"))
  clock.settle()
  expect(started).toEqual([])
  expect(nodes.linkCount).toBe(0)
  expect(b.heard).toMatchObject([{ link: 0, peerLink: 4, seq: 0, frames: [] }])
})

test("says nothing to who says that there is no link, so that two brokers never answer each other for ever", () => {
  const { clock, nodes, raw } = nodesUnderTest()
  const b = raw(1)
  b.say({ link: 0, peerLink: 9 })
  b.say({ link: 0, peerLink: 0 })
  clock.settle()
  expect(b.heard).toEqual([])
  expect(nodes.linkCount).toBe(0)
})

test("ends a link that the other broker has no more, with all that is on it, and no other", () => {
  const { clock, nodes, raw } = nodesUnderTest()
  const [b, c] = [raw(1), raw(2)]
  const ends = [b, c].map(({ id }) => {
    const end = new RecordingEnd()
    nodes.link(id).allocate(end)
    return end
  })
  b.say({ link: 0, peerLink: nodes.link(b.id).id + 5 })
  b.say({ link: 0, peerLink: 0 })
  clock.settle()
  expect(nodes.linkCount).toBe(2)
  b.say({ link: 0, peerLink: nodes.link(b.id).id })
  clock.settle()
  expect(nodes.linkCount).toBe(1)
  expect(ends.map(({ seen }) => seen)).toEqual([["detach"], []])
})

test("begins anew with a broker that has, and takes nothing more of its link before", () => {
  const { clock, nodes, started, raw } = nodesUnderTest()
  const b = raw(1)
  b.say({ link: 5, seq: 1 }, startOf("old"))
  clock.settle()
  b.say({ link: 6, seq: 1 }, startOf("new"))
  b.say({ link: 5, seq: 2 }, startOf("late"))
  b.say({ link: 5 }, chunkOf(0))
  clock.settle()
  expect(started.map(({ name }) => name)).toEqual(["old", "new"])
  expect(started.map(({ end }) => end.seen)).toEqual([["detach"], []])
  expect(nodes.linkCount).toBe(1)
  expect(nodes.link(b.id).peerId).toBe(6)
  expect(nodes.link(b.id).id).toBe(2)
})

test("joins links that both sides made at once", () => {
  const { clock, nodes, started, raw } = nodesUnderTest()
  const b = raw(1)
  const link = nodes.link(b.id)
  link.control(link.allocate(new RecordingEnd()), 0, { next: 1 })
  b.say({ link: 7, seq: 1 }, startOf("call"))
  clock.settle()
  expect(started[0]?.link).toBe(link)
  expect(nodes.link(b.id)).toBe(link)
  expect(b.heard.at(-1)).toMatchObject({ link: link.id, peerLink: 7, ack: 1 })
})

test("ignores its own messages, and those that are cut or of another version", () => {
  const { clock, backplane, nodes, started, raw } = nodesUnderTest()
  const b = raw(1)
  b.say({ from: INCARNATION, seq: 1 }, startOf("call"))
  const member = backplane.join()
  for (const bytes of [[], [1, 2, 3], [2, ...new Uint8Array(40)]])
    member.publish("node/aaaaaaaaaaaaaaaa", Uint8Array.from(bytes))
  clock.settle()
  expect(started).toEqual([])
  expect(nodes.linkCount).toBe(0)
})

test.each([
  ["data", {}],
  ["control", { seq: 2 }],
])("garbage as %s ends the link that it came on, tells its broker, and touches no other", (_what, header) => {
  const { clock, nodes, started, raw } = nodesUnderTest()
  const [b, c] = [raw(1), raw(2)]
  for (const node of [b, c]) node.control(startOf("call"))
  clock.settle()
  b.sayBytes({ peerLink: b.peerLink, ...header }, Uint8Array.of(0xc5, 1, 2, 3))
  clock.settle()
  expect(started.map(({ end }) => end.seen)).toEqual([["detach"], []])
  expect(nodes.linkCount).toBe(1)
  expect(b.heard.at(-1)).toMatchObject({ link: 0, peerLink: 1 })
  b.say({ link: 2, seq: 1 }, startOf("again"))
  clock.settle()
  expect(started.at(-1)).toMatchObject({ name: "again" })
})

test("what came before garbage in the same message stands", () => {
  const { clock, started, raw } = nodesUnderTest()
  const b = raw(1)
  b.control(startOf("call"))
  clock.settle()
  b.say({ peerLink: b.peerLink }, (writer) => {
    chunkOf(0)(writer)
    writer.append(Uint8Array.of(0xff))
  })
  clock.settle()
  expect(started[0]?.end.seen).toEqual(["chunk 0", "detach"])
})

test("a fault of one stream resets that stream alone, on both sides", () => {
  const { clock, nodes, started, raw } = nodesUnderTest()
  const b = raw(1)
  for (const alias of [1, 2]) b.control(startOf(`s${alias}`, alias))
  clock.settle()
  started[0]!.end.fault = new BusError("flow_control", "too much")
  b.say({ peerLink: b.peerLink }, (writer) => {
    for (const alias of [1, 2]) chunkOf(0, alias)(writer)
    chunkOf(1, 1)(writer)
  })
  clock.settle()
  expect(started.map(({ end }) => end.seen)).toEqual([["reset flow_control"], ["chunk 0", "end of run"]])
  expect(b.frames.at(-1)).toMatchObject({ alias: ANSWERED, fields: { code: "flow_control" } })
  expect(nodes.link(b.id).boundCount).toBe(1)
})

test("resets a stream whose START may not be, and leaves who had its alias without a connection", () => {
  const { clock, nodes, started, onStarted, raw } = nodesUnderTest()
  const b = raw(1)
  b.control(startOf("first"))
  clock.settle()
  onStarted.push(() => {
    throw new BusError("rate_limited", "no")
  })
  b.control(startOf("second"))
  clock.settle()
  expect(started[0]?.end.seen).toEqual(["detach"])
  expect(b.frames.at(-1)).toMatchObject({ alias: ANSWERED, fields: { code: "rate_limited", text: "no" } })
  expect(nodes.link(b.id).boundCount).toBe(0)
})

test("a reset of the other side's reaches the stream that it is for", () => {
  const { clock, nodes, raw } = nodesUnderTest()
  const b = raw(1)
  const link = nodes.link(b.id)
  const ends = [new RecordingEnd(), new RecordingEnd()]
  const aliases = ends.map((end) => link.allocate(end))
  link.control(aliases[0]!, 0, { next: 1 })
  clock.settle()
  const alias = (aliases[0]! | AliasBit.receiver) >>> 0
  b.control((writer) => writer.full(3, {}, { alias, code: "cancelled", text: "enough" }))
  b.control((writer) => writer.full(3, {}, { alias: 0x8000_0fff, code: "cancelled", text: "of nobody" } as Fields))
  clock.settle()
  expect(ends.map(({ seen }) => seen)).toEqual([["reset cancelled"], []])
  expect(link.boundCount).toBe(1)
})

test("gives a broker up that acknowledges nothing for 3 s, and says so", () => {
  const { clock, nodes, raw } = nodesUnderTest()
  const b = raw(1)
  const end = new RecordingEnd()
  const link = nodes.link(b.id)
  b.control(startOf("call"))
  clock.settle()
  link.control(link.allocate(end), 0, { next: 1 })
  clock.advance(SILENCE_MS - 1)
  expect(end.seen).toEqual([])
  clock.advance(500)
  expect(end.seen).toEqual(["detach"])
  expect(nodes.linkCount).toBe(0)
  expect(b.heard.at(-1)).toMatchObject({ link: 0, peerLink: 1 })
})

test("asks a silent broker for a sign of life while streams are on the link, and gives it up when none comes", () => {
  const { clock, nodes, started, raw } = nodesUnderTest()
  const b = raw(1)
  b.control(startOf("call"))
  b.pass(clock, 2 * IDLE_MS)
  expect(nodes.linkCount).toBe(1)
  expect(started[0]?.end.seen).toEqual([])
  expect(b.heard.filter(({ seq }) => seq > 0)).toEqual([])
  clock.advance(3 * SILENCE_MS)
  expect(b.heard.filter(({ seq, frames }) => seq === 1 && frames.length === 0)).not.toEqual([])
  expect(started[0]?.end.seen).toEqual(["detach"])
  expect(nodes.linkCount).toBe(0)
})

test("lets go of a link without streams after a minute, and leaves no timer", () => {
  const { clock, nodes, started, raw } = nodesUnderTest()
  const b = raw(1)
  b.control(startOf("call"))
  clock.settle()
  started[0]!.link.release(started[0]!.address)
  b.acknowledge()
  clock.advance(IDLE_MS - 5_000)
  expect(nodes.linkCount).toBe(1)
  clock.advance(10_000)
  expect(nodes.linkCount).toBe(0)
  expect(clock.pendingTimers).toBe(0)
})

test("ends all links as it closes, tells their brokers, and leaves nothing behind", () => {
  const { clock, backplane, nodes, started, raw } = nodesUnderTest()
  const b = raw(1)
  b.control(startOf("call"))
  clock.settle()
  started[0]!.link.control(started[0]!.address, 0, { cum: 1 })
  clock.settle()
  nodes.close()
  clock.settle()
  expect(started[0]?.end.seen).toEqual(["detach"])
  expect(b.heard.at(-1)).toMatchObject({ link: 0, peerLink: 1 })
  expect(backplane.subscriptionCount).toBe(1)
  expect(clock.pendingTimers).toBe(0)
  const count = b.heard.length
  b.control(startOf("again"))
  clock.advance(1_000)
  expect(b.heard).toHaveLength(count)
  expect(nodes.linkCount).toBe(0)
})

test("numbers chunks with everything else on an ordered link, of which 16 messages at most are under way", () => {
  const { clock, backplane, nodes } = nodesUnderTest(true)
  const b = new RawNode(backplane.join(), 1, INCARNATION, "ordered")
  const link = nodes.link(b.id)
  const end = new RecordingEnd()
  const alias = link.allocate(end)
  let number = 0
  end.onPull = (lane, output) => {
    while (number < 200 && output.room > 0) output.chunk(lane, 0, 0, number++, new Uint8Array(30_000))
    return number < 200
  }
  link.wake(alias, Lane.main)
  clock.settle()
  expect(b.heard.map(({ seq }) => seq)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1))
  b.pass(clock, 1_000)
  expect(b.frames.map((frame) => frame.number)).toEqual(Array.from({ length: 200 }, (_, i) => i))
  expect(b.heard.every(({ seq, frames }) => seq > 0 || frames.length === 0)).toBe(true)
})

test("hands over what another broker asks on its link, and goes on after what is none", () => {
  const { clock, asked, raw } = nodesUnderTest()
  const b = raw(1)
  b.control((writer) => writer.control(0, 0, { command: { id: 7, op: "cancel" } }))
  b.control((writer) => writer.control(0, 0, { reply: { id: 99, result: {} } }))
  b.control((writer) => writer.control(0, 0, { ping: 1 }))
  b.control((writer) => writer.control(0, 0, { command: { id: 8 } }))
  clock.settle()
  expect(asked).toEqual([{ id: 7, op: "cancel" }, { id: 8 }])
})

test("takes nothing more once it is closed, even from within a message", () => {
  const { clock, nodes, started, onStarted, raw } = nodesUnderTest()
  const b = raw(1)
  onStarted.push(() => nodes.close())
  b.control((writer) => {
    startOf("first", 1)(writer)
    startOf("second", 2)(writer)
  })
  clock.settle()
  expect(started.map(({ name }) => name)).toEqual(["first"])
  expect(started[0]!.link.send(1, Lane.main, frames(1, 0), 65)).toBe(false)
  expect(clock.pendingTimers).toBe(0)
})

/** One chunk as ready-made frames. */
function frames(alias: number, number: number, hop = 0, bytes = 1): Uint8Array {
  const writer = new MessageWriter()
  writer.chunk(alias, Lane.main, 0, hop, number, new Uint8Array(bytes))
  return writer.take()
}
