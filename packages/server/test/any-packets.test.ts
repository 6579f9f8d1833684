import { ManualClock, SeededRandom } from "@luxbus/clock/testing"
import { LIMITS } from "@luxbus/packet"
import { type Connection, memoryPair } from "@luxbus/transport"
import { ConnectionRecorder } from "@luxbus/transport/testing"
import fc from "fast-check"
import { expect, test } from "vitest"
import { createServer } from "../src/index.ts"
import { HELLO } from "./raw-client.ts"

const small = fc.nat(6)
const odd = fc.oneof(
  { weight: 6, arbitrary: small },
  fc.constantFrom(-1, 1.5, 2 ** 53, Number.MAX_SAFE_INTEGER, "x", null, true, {}),
)
const ranges = fc.array(fc.oneof(small, fc.tuple(small, small), odd), { maxLength: 4 })
const object = fc.oneof(
  fc.constantFrom<object>(
    { status: "done", main: 2, error: 0 },
    { status: "odd" },
    { code: "closed" },
    { reason: "no" },
    { verdict: "retry" },
    { verdict: "unknown" },
    { id: 1, op: "list" },
    { id: 2, op: "attach", params: { name: "s" } },
    HELLO,
  ),
  fc.constant({}),
)
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 })

/** Packets that are mostly nearly right: what is wrong with them is rarely all. */
const packet = fc.record({
  uid: fc.constantFrom("s", "t", "task.42", "task.*", "", "a b"),
  type: fc.constantFrom("stream", "event", "command", "stream"),
  from: optional(fc.constantFrom("a", "b", "mallory", "dispatcher")),
  to: fc.constantFrom("a", "b", "dispatcher", null, undefined, "absent"),
  chunk: fc.option(small, { nil: undefined, freq: 2 }),
  of: fc.option(small, { nil: undefined, freq: 8 }),
  is_final: fc.constantFrom(undefined, false, true),
  lane: fc.constantFrom(undefined, undefined, "main", "error"),
  data: fc.constantFrom<unknown>(undefined, "x", "subscribe", "attach", "list", "unsubscribe", "cancel", { n: 1 }),
  encoding: fc.constantFrom(undefined, undefined, undefined, "utf8", "base64"),
  status: fc.constantFrom(undefined, undefined, "ack", "missing", "complete", "gap"),
  ack: fc.option(ranges, { nil: undefined, freq: 4 }),
  missing: fc.option(ranges, { nil: undefined, freq: 4 }),
  gap: fc.option(ranges, { nil: undefined, freq: 8 }),
  cum: fc.option(odd, { nil: undefined, freq: 6 }),
  credit: fc.option(odd, { nil: undefined, freq: 6 }),
  next: fc.option(odd, { nil: undefined, freq: 6 }),
  first: fc.option(odd, { nil: undefined, freq: 8 }),
  frame: fc.constantFrom(undefined, undefined, undefined, "start", "error", "full"),
  alias: fc.constantFrom(undefined, undefined, undefined, 1, 2, 0x8000_0001, 0x4000_0001),
  kind: fc.constantFrom(undefined, "hosted", "relayed", "publish", "register"),
  seq: fc.constantFrom(undefined, "ab".repeat(40)),
  outcome: fc.option(object, { nil: undefined, freq: 8 }),
  cancel: fc.option(object, { nil: undefined, freq: 8 }),
  verdict: fc.option(object, { nil: undefined, freq: 8 }),
  hello: fc.option(object, { nil: undefined, freq: 10 }),
  command: fc.option(object, { nil: undefined, freq: 8 }),
  resume_stream: fc.option(object, { nil: undefined, freq: 12 }),
  open: fc.constantFrom(undefined, undefined, true),
})
/** Few of the fields at a time, or no packet would pass the check. */
const nearly = fc
  .tuple(packet, fc.uniqueArray(fc.integer({ min: 2, max: 30 }), { minLength: 1, maxLength: 6 }))
  .map(([fields, kept]) => Object.fromEntries(Object.entries(fields).filter((_, n) => n < 4 || kept.includes(n))))

/** Packets that are right, so that there are streams for the others to be about. */
const right = fc.constantFrom<object>(
  { uid: "s", to: "b", type: "stream", chunk: 0, data: "x" },
  { uid: "s", to: "a", type: "stream", chunk: 1, data: "y", is_final: true },
  { uid: "t", to: null, type: "stream", chunk: 0, data: "z" },
  { uid: "task.42", type: "event", data: { done: 0.4 } },
  { uid: "task.42", to: "dispatcher", type: "command", data: "subscribe" },
  { uid: "t", to: "dispatcher", type: "command", data: "attach" },
  { uid: "s", type: "stream", status: "ack", ack: [0] },
  { uid: "s", type: "stream", status: "missing", missing: [0, [1, 3]] },
  { uid: "s", type: "stream", status: "complete" },
  { uid: "s", to: "a", type: "stream", frame: "start", kind: "relayed", alias: 1, epoch: 9, seq: "cd".repeat(40) },
  { uid: "s", type: "stream", alias: 1, chunk: 0, data: "x" },
  { uid: "s", type: "stream", alias: 1, lane: "main", next: 3, flags: ["ack_now"] },
)

const hello = (id: string) => ({ uid: "", type: "command", hello: { ...HELLO, secret: id.repeat(43), id } })
const step = fc.record({ by: fc.constantFrom("a", "b", "c", "d"), packet: fc.oneof(nearly, right) })

test("any packets, by hand and in full, end in answers or a close, never in a throw; the broker goes on", async () => {
  await fc.assert(
    fc.asyncProperty(nearly, fc.array(step, { maxLength: 25, size: "max" }), async (first, steps) => {
      const clock = new ManualClock()
      const server = createServer({}, { clock, random: new SeededRandom(1) })
      const settle = async () => {
        clock.settle()
        await new Promise(setImmediate)
        clock.settle()
      }
      const join = async (first: object) => {
        const { near, far } = memoryPair({ clock, protocol: "luxbus.v1.json" })
        const recorder = new ConnectionRecorder()
        near.start(recorder)
        server.accept(far, { headers: {}, url: "/", remoteAddress: "memory", secure: false })
        near.send(JSON.stringify(first))
        await settle()
        return { near, recorder }
      }
      const clients: Record<string, { near: Connection; recorder: ConnectionRecorder }> = {
        a: await join({ uid: "", from: "a", type: "command", ping: 1 }),
        b: await join({ uid: "", from: "b", type: "command", ping: 1 }),
        c: await join(hello("c")),
        d: await join(first),
      }
      for (const { by, packet: said } of steps) {
        clients[by]?.near.send(JSON.stringify(said))
        await settle()
      }
      clock.advance(1_000)
      for (const { recorder } of Object.values(clients)) {
        for (const { code } of recorder.closes) expect([1000, 1002]).toContain(code)
        for (const text of recorder.messages) expect(text.length).toBeLessThan(LIMITS.messageBytes)
      }
      const later = await join({ uid: "", from: "later", type: "command", ping: 2 })
      expect(later.recorder.messages).toEqual([`{"uid":"","type":"command","pong":2}`])
      const closing = server.close({ drainMs: 1 })
      clock.advance(10)
      await closing
      expect(server.connectionCount).toBe(0)
    }),
    { numRuns: 150 },
  )
})
