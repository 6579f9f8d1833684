import { AliasBit, FrameType, type FramingFault, Lane, LIMITS, StreamKind } from "@luxbus/packet"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { bytesOf, framesOf, message } from "./frames.ts"
import { chunk, receiver, setUp } from "./inbound-side.ts"

describe("a fault of the connection", () => {
  const bad = (patch: (bytes: Uint8Array) => void) => {
    const bytes = message((writer) => chunk(writer, 1, 0, Lane.main, 10))
    patch(bytes)
    return bytes
  }
  const framing: [string, Uint8Array, FramingFault][] = [
    ["an unknown version", bad((bytes) => bytes.fill(0x55, 0, 1)), "unknown_version"],
    ["a lane that is none", bad((bytes) => bytes.fill(0, 1, 2)), "bad_lane"],
    ["a payload that ends early", bad((bytes) => bytes.fill(1, 17, 18)), "truncated_payload"],
    ["half a header", new Uint8Array([0xc5, 1, 0]), "truncated_header"],
    ["a field of the wrong form", malformedCredit(), "field_malformed"],
  ]

  for (const [name, bytes, fault] of framing) {
    test(`${name} closes with 1002 and a reason of the list`, () => {
      for (const role of ["client", "broker"] as const) {
        const { bind, link, clock, closes, far } = setUp(role)
        const end = bind(1)
        const before = message((writer) => chunk(writer, 1, 0))
        link.far.send(Uint8Array.from([...before, ...bytes]))
        clock.settle()
        expect(far.closes).toMatchObject([{ code: 1002, reason: `framing fault: ${fault}` }])
        expect(closes).toMatchObject([{ code: 1002, error: { code: "protocol", details: { fault } } }])
        expect(end.log).toEqual(["frame 1:0", "endRun", "detach"])
        // Brokers say it in a frame too; clients send no ERROR frames.
        const told = far.messages.flatMap(framesOf)
        expect(told).toMatchObject(
          role === "broker" ? [{ type: "error", fields: { code: "protocol", details: { fault } } }] : [],
        )
        expect(clock.pendingTimers).toBe(0)
      }
    })
  }

  test("a text message on a binary subprotocol", () => {
    const { link, clock, closes } = setUp()
    link.far.send("{}")
    clock.settle()
    expect(closes).toMatchObject([{ code: 1002, error: { code: "protocol" } }])
  })

  test("an ERROR frame from a client", () => {
    const { hear, closes } = setUp("broker")
    hear((writer) => writer.full(FrameType.error, {}, { code: "internal", text: "mine" }))
    expect(closes).toMatchObject([{ code: 1002, error: { code: "protocol" } }])
  })

  test("a CHUNK in full form", () => {
    const { hear, closes } = setUp("broker")
    hear((writer) => writer.full(FrameType.chunk, { lane: Lane.main }, {}, bytesOf(3)))
    expect(closes).toMatchObject([{ code: 1002, error: { code: "protocol" } }])
  })

  test("a START that binds an alias that is not its sender's to bind", () => {
    const cases: ["client" | "broker", number | undefined][] = [
      ["broker", undefined],
      ["broker", 0],
      ["broker", receiver(4)],
      ["broker", AliasBit.broker + 4],
      ["client", 0],
      ["client", AliasBit.broker],
      ["client", receiver(AliasBit.broker + 4)],
    ]
    for (const [role, alias] of cases) {
      const { hear, closes, starts } = setUp(role)
      hear((writer) => writer.start({ epoch: 1 }, { kind: StreamKind.hosted, name: "job", alias }))
      expect(closes).toMatchObject([{ code: 1002, error: { code: "protocol" } }])
      expect(starts).toEqual([])
    }
  })

  test("more than the connection granted, of known and unknown streams together", () => {
    const { hear, closes, bind, side } = setUp("broker")
    bind(1)
    // The grants that it sends are not heard in time: they do not count.
    side.onControl = () => {}
    const frame = 128 * 1024
    const count = Math.ceil((LIMITS.connectionWindowBytes.error + LIMITS.framePayloadBytes) / frame)
    hear((writer) => {
      for (let i = 0; i < count + 1; i++) writer.chunk(i % 2 ? 1 : 9, Lane.error, 0, 0, i, new Uint8Array(frame))
    })
    expect(closes).toMatchObject([{ code: 1002, error: { code: "flow_control" } }])
  })

  test("any bytes at all end in an answer or a close, never in a throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(160), fc.nat(255), (noise, at, value) => {
        for (const role of ["client", "broker"] as const) {
          const { bind, link, clock, closes } = setUp(role)
          bind(1)
          link.far.send(noise)
          const known = message((writer) => {
            chunk(writer, 1, 0)
            writer.control(1, 0, { lane: Lane.main, cum: 1, credit: 5 })
            writer.start({ epoch: 1 }, { kind: StreamKind.relayed, name: "job", alias: 3 })
          })
          known[at % known.length] = value
          link.far.send(known)
          clock.settle()
          for (const { error } of closes) expect(error?.code).not.toBe("internal")
        }
      }),
      { numRuns: 60 },
    )
  })
})

/** A grant whose number has four bytes too few. */
function malformedCredit(): Uint8Array {
  const bytes = message((writer) => writer.control(0, 0, { lane: Lane.main, credit: 5 }))
  const cut = bytes.slice(0, bytes.length - 4)
  cut[19] = cut.length - 20
  // The field's own length: three bytes of head, then one of lane, then the credit's id.
  cut[26] = 4
  return cut
}
