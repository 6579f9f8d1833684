import { Lane, sameBytes } from "@luxbus/packet"
import { expect, test } from "vitest"
import type { TestBus } from "./test-bus.ts"
import { cluster, expectNothingLeft, LOSSY, WINDOW_MS } from "./test-cluster.ts"

const CHUNK_BYTES = 8 * 1024

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.length * CHUNK_BYTES)
  for (const [i, chunk] of chunks.entries()) bytes.set(chunk, i * CHUNK_BYTES)
  return bytes
}

test("relays a stream between clients of two brokers, with both lanes and the outcome", () => {
  const { nodes } = cluster(["A", "B"])
  const [a, b] = nodes as [TestBus, TestBus]
  const [writer, reader] = [a.client("w"), b.client("r")]
  const stream = writer.open("call", "r").write("x", "y").writeError("e")
  a.pass(1_000)
  stream.write("z").finish({ status: "error", code: "E", message: "m" })
  a.pass(1_000)
  const accepted = reader.accepted("w", "call")
  expect(accepted.texts()).toEqual(["x", "y", "z"])
  expect(accepted.text("error")).toBe("e")
  expect(accepted.verified()).toBe(true)
  expect(accepted.outcome).toMatchObject({ status: "error", code: "E" })
  expect(stream.writer.state).toBe("complete")
  expectNothingLeft(nodes)
})

test("waits for a reader that connects later, to another broker", () => {
  const { nodes } = cluster(["A", "B"])
  const [a, b] = nodes as [TestBus, TestBus]
  const stream = a.client("w").open("call", "r").write("x")
  a.pass(20_000)
  expect(a.dispatcher.usage.waitingRelays).toBe(1)
  const reader = b.client("r")
  a.pass(6_000)
  stream.finish()
  a.pass(1_000)
  expect(reader.accepted("w", "call").texts()).toEqual(["x"])
  expect(stream.writer.state).toBe("complete")
})

test.each(["reader", "writer"] as const)("goes on whole where the %s comes back to another broker", (who) => {
  const { nodes } = cluster(["A", "B", "C"])
  const [a, b, c] = nodes as [TestBus, TestBus, TestBus]
  const [writer, reader] = [a.client("w"), b.client("r")]
  const stream = writer.open("call", "r").write("x")
  a.pass(1_000)
  const mover = who === "reader" ? reader : writer
  mover.cut()
  stream.write("y")
  a.pass(1_000)
  mover.reconnect(c)
  a.pass(10_000)
  stream.write("z").finish()
  a.pass(1_000)
  expect(reader.accepted("w", "call").texts()).toEqual(["x", "y", "z"])
  expect(reader.accepted("w", "call").verified()).toBe(true)
  expect(stream.writer.state).toBe("complete")
  expectNothingLeft(nodes)
})

test("goes on whole where both meet at one broker, and part again", () => {
  const { nodes } = cluster(["A", "B"])
  const [a, b] = nodes as [TestBus, TestBus]
  const [writer, reader] = [a.client("w"), b.client("r")]
  const stream = writer.open("call", "r").write("1")
  a.pass(1_000)
  reader.cut()
  reader.reconnect(a)
  stream.write("2")
  a.pass(6_000)
  writer.cut()
  writer.reconnect(b)
  stream.write("3")
  a.pass(6_000)
  stream.finish()
  a.pass(6_000)
  expect(reader.accepted("w", "call").texts()).toEqual(["1", "2", "3"])
  expect(stream.writer.state).toBe("complete")
  expectNothingLeft(nodes)
})

test("a connection that its client has left for another broker is ended", () => {
  const { nodes } = cluster(["A", "B", "C"])
  const [a, b, c] = nodes as [TestBus, TestBus, TestBus]
  const [writer, reader] = [a.client("w"), b.client("r")]
  const stream = writer.open("call", "r").write("x")
  a.pass(1_000)
  // Its old broker has not noticed that it is gone.
  reader.carrier.lose()
  reader.reconnect(c)
  a.pass(6_000)
  expect(b.events).toContain("moved r")
  stream.write("y").finish()
  a.pass(6_000)
  expect(reader.accepted("w", "call").texts()).toEqual(["x", "y"])
})

test("tells the writer of a reader that does not come back, and the reader of a writer", () => {
  const { nodes } = cluster(["A", "B"])
  const [a, b] = nodes as [TestBus, TestBus]
  const [writer, reader] = [a.client("w"), b.client("r")]
  const lost = writer.open("lost", "r").write("x")
  const kept = reader.open("kept", "w").write("x")
  a.pass(1_000)
  reader.cut()
  a.pass(1_000)
  expect(lost.notices).toContainEqual({ type: "suspended", leftMs: WINDOW_MS })
  expect(writer.accepted("r", "kept").notices).toContainEqual({ type: "suspended", leftMs: WINDOW_MS })
  a.pass(WINDOW_MS)
  expect(lost.writer.error?.code).toBe("peer_lost")
  expect(writer.accepted("r", "kept").outcome?.status).toBe("expired")
  expect(kept.writer.state).not.toBe("complete")
  expectNothingLeft(nodes)
})

test("a broker that falls silent is noticed, and its clients' streams go on when it is heard again", () => {
  const { backplane, nodes } = cluster(["A", "B"])
  const [a, b] = nodes as [TestBus, TestBus]
  const [writer, reader] = [a.client("w"), b.client("r")]
  const stream = writer.open("call", "r").write("x")
  a.pass(1_000)
  backplane.muted.add("B")
  stream.write("y")
  a.pass(20_000)
  expect(stream.notices.map(({ type }) => type)).toContain("suspended")
  backplane.muted.delete("B")
  a.pass(20_000)
  stream.write("z").finish()
  a.pass(5_000)
  expect(reader.accepted("w", "call").texts()).toEqual(["x", "y", "z"])
  expect(stream.writer.state).toBe("complete")
  expectNothingLeft(nodes)
})

test.each(Array.from({ length: 10 }, (_, seed) => seed + 1))(
  "is whole over a backplane that loses, repeats and reorders (seed %i)",
  (seed) => {
    const { backplane, nodes } = cluster(["A", "B"], seed)
    const [a, b] = nodes as [TestBus, TestBus]
    backplane.losses = LOSSY
    const [writer, reader] = [a.client("w"), b.client("r")]
    const stream = writer.open("call", "r")
    const chunks = Array.from({ length: 200 }, (_, i) => new Uint8Array(CHUNK_BYTES).fill(i))
    for (const chunk of chunks) {
      stream.writer.write(Lane.main, chunk, 0)
      a.pass(5)
    }
    stream.finish()
    a.pass(60_000)
    const accepted = reader.accepted("w", "call")
    expect(accepted.error).toBeUndefined()
    expect(sameBytes(Uint8Array.from(accepted.bytes()), joined(chunks))).toBe(true)
    expect(accepted.verified()).toBe(true)
    expect(stream.writer.state).toBe("complete")
    expectNothingLeft(nodes)
  },
)

test("leaves no subscription and no timer behind", () => {
  const { backplane, nodes, clock } = cluster(["A", "B"])
  const [a, b] = nodes as [TestBus, TestBus]
  const stream = a.client("w").open("call", "r").write("x")
  b.client("r").accepted("w", "call")
  a.pass(1_000)
  stream.finish()
  a.pass(1_000)
  a.dispatcher.close()
  b.dispatcher.close()
  expect(backplane.subscriptionCount).toBe(0)
  clock.advance(2 * WINDOW_MS)
})

test("does not offer a late START to the next process of a reader that has taken the stream and left", () => {
  const { backplane, nodes } = cluster(["A", "B"])
  const [a, b] = nodes as [TestBus, TestBus]
  const before = b.client("r", 1)
  a.pass()
  backplane.losses = { lost: 0, repeated: 0, delayMs: 20 }
  a.client("w").open("call", "r")
  for (let ms = 0; ms < 1_000 && before.accepted("w", "call").starts.length === 0; ms++) a.pass(1)
  // Nobody hears that it was taken: its writer repeats the START.
  backplane.muted.add("B")
  before.cut()
  const next = b.client("r", 2)
  a.pass(1_000)
  // The writer's broker does not know of the new process yet.
  expect(next.accepted("w", "call").starts).toEqual([])
  backplane.muted.delete("B")
  a.pass(2_000)
  const resumes = next.accepted("w", "call").starts.map(({ fields }) => fields.resume)
  expect(resumes.length).toBeGreaterThan(0)
  expect(new Set(resumes)).toEqual(new Set([true]))
})
