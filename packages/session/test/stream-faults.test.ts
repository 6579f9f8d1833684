import { BusError, ChunkFlag, chunkCost, FrameType, Lane, LIMITS, StreamKind } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { message } from "./frames.ts"
import { chunk, receiver, setUp } from "./inbound-side.ts"
import { TestEnd } from "./test-end.ts"

describe("a fault of one stream", () => {
  const faults = {
    "a chunk": (end: TestEnd, fail: () => never) => {
      end.onFrame = fail
    },
    "the end of a run": (end: TestEnd, fail: () => never) => {
      end.onEndRun = fail
    },
    "a statement": (end: TestEnd, fail: () => never) => {
      end.onControl = fail
    },
  }
  const fail = (): never => {
    throw new BusError("flow_control", "too much", { details: { cost: 5 } })
  }

  for (const [name, arrange] of Object.entries(faults)) {
    test(`in ${name} resets that stream alone`, () => {
      for (const role of ["client", "broker"] as const) {
        const { bind, hear, answers, mux, closes } = setUp(role)
        const [bad, good] = [bind(1), bind(2)]
        arrange(bad, fail)
        hear((writer) => {
          chunk(writer, 1, 0)
          writer.control(1, 0, { open: true })
          chunk(writer, 1, 1)
          chunk(writer, 2, 0)
        })
        expect(bad.log.at(-1)).toBe("reset flow_control")
        expect(bad.log.filter((entry) => entry.startsWith("reset")).length).toBe(1)
        expect(good.log).toEqual(["frame 1:0", "endRun"])
        expect(mux.boundCount).toBe(1)
        expect(closes).toEqual([])
        const alias = receiver(1)
        const cancel = { code: "flow_control", message: "too much" }
        expect(answers()).toMatchObject(
          role === "broker"
            ? [{ type: "error", fields: { alias, code: "flow_control", text: "too much", details: { cost: 5 } } }]
            : [{ type: "control", alias, fields: { cancel } }],
        )
      }
    })
  }

  test("a compressed chunk that was not negotiated is one, and its cost is granted again all the same", () => {
    const { bind, hear, answers, closes } = setUp("broker")
    const [bad, good] = [bind(1), bind(2)]
    const part = 64 * 1024
    hear((writer) => {
      for (let i = 0; i < 9; i++) writer.chunk(1, Lane.main, ChunkFlag.compressed, 0, i, new Uint8Array(part))
      chunk(writer, 2, 0)
    })
    expect(bad.log).toEqual(["reset unsupported"])
    expect(good.log).toEqual(["frame 1:0", "endRun"])
    expect(closes).toEqual([])
    const cost = 9 * chunkCost(part) + chunkCost(1)
    const credit = LIMITS.connectionWindowBytes.main + cost
    expect(answers()).toMatchObject([{ fields: { code: "unsupported" } }, { fields: { lane: Lane.main, credit } }])
  })

  test("an unknown critical field in its statement is one", () => {
    const { bind, link, clock, closes } = setUp("broker")
    const bad = bind(1)
    const bytes = message((writer) => writer.control(1, 0, { open: true }))
    bytes[20] = 0xff
    link.far.send(bytes)
    clock.settle()
    expect(bad.log).toEqual(["reset unsupported"])
    expect(closes).toEqual([])
  })

  test("an owner that throws a BusError at a START resets that stream alone", () => {
    const { hear, answers, side, closes } = setUp("client")
    side.onStarted = () => {
      throw new BusError("forbidden", "not this one")
    }
    hear((writer) => writer.start({ epoch: 1 }, { kind: StreamKind.delivery, name: "job", alias: 3 }))
    expect(answers()).toMatchObject([{ alias: receiver(3), fields: { cancel: { code: "forbidden" } } }])
    expect(closes).toEqual([])
  })

  test("a START that is refused leaves the stream that had its alias without a connection, and not as if it still had one", () => {
    const { bind, hear, mux, side } = setUp("broker")
    const [before, other] = [bind(1), bind(2)]
    side.onStarted = () => {
      throw new BusError("rate_limited", "too many streams")
    }
    hear((writer) => {
      writer.start({}, { kind: StreamKind.publish, name: "x", alias: 1 })
      chunk(writer, 2, 0)
    })
    expect(before.log).toEqual(["detach"])
    expect(other.log).toEqual(["frame 1:0", "endRun"])
    expect(mux.boundCount).toBe(1)
  })

  test("a long message and large details are shortened until they can be told", () => {
    const { bind, hear, answers } = setUp("broker")
    bind(1).onFrame = () => {
      throw new BusError("gap", "\u{1f600}".repeat(3_000), {
        details: { list: Array.from({ length: 2_000 }, () => 7) },
      })
    }
    hear((writer) => chunk(writer, 1, 0))
    expect(answers()).toMatchObject([{ type: "error", fields: { alias: receiver(1), code: "gap" } }])
    expect(answers()[0]?.fields.details).toBe(undefined)
  })

  test("a defect of an end closes the connection with 1011 and tells the owner its cause", () => {
    const { bind, hear, closes, clock } = setUp("broker")
    const cause = new RangeError("a defect")
    bind(1).onFrame = () => {
      throw cause
    }
    hear((writer) => chunk(writer, 1, 0))
    expect(closes).toMatchObject([{ code: 1011, error: { code: "internal", cause } }])
    expect(clock.pendingTimers).toBe(0)
  })

  test("the broker's ERROR frame resets the end that it names and frees its address", () => {
    const { bind, hear, mux } = setUp("client")
    const [a, b] = [bind(1), bind(2)]
    const ours = new TestEnd()
    mux.allocate(ours)
    hear((writer) => {
      writer.full(FrameType.error, {}, { alias: 1, code: "peer_lost", text: "gone" })
      writer.full(FrameType.error, {}, { alias: receiver(1), code: "fenced", text: "another" })
      writer.full(FrameType.error, {}, { alias: 77, code: "fenced", text: "nobody" })
      chunk(writer, 1, 0)
    })
    expect([a.log, b.log, ours.log]).toEqual([["reset peer_lost"], [], ["reset fenced"]])
    expect(mux.boundCount).toBe(1)
  })
})
