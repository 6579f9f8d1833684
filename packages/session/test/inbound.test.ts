import { ManualClock } from "@luxbus/clock/testing"
import {
  AliasBit,
  BusError,
  ChunkFlag,
  chunkCost,
  FRAMING_FAULTS,
  Lane,
  LIMITS,
  type MessageWriter,
  StreamKind,
} from "@luxbus/packet"
import { memoryPair } from "@luxbus/transport"
import { ConnectionRecorder } from "@luxbus/transport/testing"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { bytesOf, framesOf, message } from "./frames.ts"
import { MuxSide } from "./mux-side.ts"
import { TestEnd } from "./test-end.ts"

const receiver = (alias: number) => (alias | AliasBit.receiver) >>> 0

/** A multiplexer that hears what a test sends it by hand. */
function setUp(role: "client" | "broker" = "client", established = true) {
  const clock = new ManualClock()
  const link = memoryPair({ clock })
  const far = new ConnectionRecorder()
  link.far.start(far)
  const side = new MuxSide(clock, link.near, role, established)
  /** An end that the other side knows as `alias`. */
  const bind = (alias: number): TestEnd => {
    const end = new TestEnd()
    side.mux.bind(receiver(alias), end)
    return end
  }
  const hear = (build: (writer: MessageWriter) => void): void => {
    link.far.send(message(build))
    clock.settle()
  }
  return { clock, link, far, side, ...side, bind, hear, answers: () => far.messages.flatMap(framesOf) }
}

const chunk = (writer: MessageWriter, alias: number, number: number, lane: 1 | 2 = Lane.main, bytes = 1) =>
  writer.chunk(alias, lane, 0, 0, number, bytesOf(bytes, number))

describe("runs", () => {
  test("end where the alias, the lane or the message does, and at control", () => {
    const { bind, hear } = setUp()
    const [a, b] = [bind(1), bind(2)]
    hear((writer) => {
      chunk(writer, 1, 0)
      chunk(writer, 1, 1)
      chunk(writer, 2, 0)
      chunk(writer, 1, 2)
      chunk(writer, 1, 0, Lane.error)
      writer.control(1, 0, { resumed: true })
      chunk(writer, 1, 1, Lane.error)
    })
    hear((writer) => chunk(writer, 1, 2, Lane.error))
    expect(a.log).toEqual([
      ...["frame 1:0", "frame 1:1", "endRun", "frame 1:2", "endRun", "frame 2:0", "endRun", "control"],
      ...["frame 2:1", "endRun", "frame 2:2", "endRun"],
    ])
    expect(b.log).toEqual(["frame 1:0", "endRun"])
  })

  test("every frame reaches its end once and in order, and every run is ended", () => {
    const step = fc.record({ alias: fc.integer({ min: 1, max: 4 }), lane: fc.constantFrom<1 | 2>(1, 2) })
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 12 }), { maxLength: 6 }), (messages) => {
        const { bind, hear } = setUp()
        const ends = [bind(1), bind(2), bind(3)]
        const expected: string[][] = [[], [], []]
        let number = 0
        for (const steps of messages) {
          const numbered = steps.map((one) => ({ ...one, number: number++ }))
          numbered.forEach(({ alias, lane, number }, i) => {
            expected[alias - 1]?.push(`frame ${lane}:${number}`)
            const next = numbered[i + 1]
            if (next?.alias !== alias || next.lane !== lane) expected[alias - 1]?.push("endRun")
          })
          hear((writer) => {
            for (const { alias, lane, number } of numbered) chunk(writer, alias, number, lane)
          })
        }
        expect(ends.map(({ log }) => log)).toEqual(expected)
      }),
    )
  })

  test("an end that is freed in the middle of its run gets nothing more, not even the run's end", () => {
    const { bind, hear, mux } = setUp()
    const [a, b] = [bind(1), bind(2)]
    a.onFrame = () => mux.release(receiver(1))
    b.onFrame = () => mux.release(receiver(2))
    hear((writer) => {
      for (let i = 0; i < 3; i++) chunk(writer, 1, i)
      chunk(writer, 2, 0)
    })
    expect(a.log).toEqual(["frame 1:0"])
    expect(b.log).toEqual(["frame 1:0"])
  })

  test("an address that is given away in the middle of a run: the rest is for who has it now", () => {
    const { bind, hear } = setUp()
    const a = bind(1)
    let b: TestEnd | undefined
    a.onFrame = () => {
      b = bind(1)
    }
    hear((writer) => {
      for (let i = 0; i < 3; i++) chunk(writer, 1, i)
    })
    expect(a.log).toEqual(["frame 1:0"])
    expect(b?.log).toEqual(["frame 1:1", "frame 1:2", "endRun"])
  })

  test("nothing more of a message is taken once the connection was closed by one of its frames", () => {
    const { bind, hear, mux, starts, controls } = setUp()
    const a = bind(1)
    a.onFrame = () => mux.close()
    hear((writer) => {
      chunk(writer, 1, 0)
      chunk(writer, 1, 1)
      writer.start({ epoch: 1 }, { kind: StreamKind.delivery, name: "late", alias: 9 })
      writer.control(0, 0, { goingAway: {} })
    })
    expect(a.log).toEqual(["frame 1:0", "detach"])
    expect([starts.length, controls.length]).toEqual([0, 0])
  })

  test("views stay valid when later messages have come", () => {
    const { bind, hear } = setUp()
    const a = bind(1)
    for (let i = 0; i < 20; i++) hear((writer) => chunk(writer, 1, i, Lane.main, 300))
    expect(a.got.map(({ data }) => data)).toEqual(Array.from({ length: 20 }, (_, i) => bytesOf(300, i)))
  })
})

describe("aliases", () => {
  test("a frame for an unknown one is dropped", () => {
    const { bind, hear, closes, answers } = setUp()
    const a = bind(1)
    hear((writer) => {
      chunk(writer, 7, 0)
      writer.control(7, 0, { open: true })
      chunk(writer, 1, 0)
    })
    expect(a.log).toEqual(["frame 1:0", "endRun"])
    expect([closes, answers()]).toEqual([[], []])
  })

  test("each side's own are told apart by the receiver bit", () => {
    const { bind, hear, mux } = setUp()
    const theirs = bind(1)
    const ours = new TestEnd()
    expect(mux.allocate(ours)).toBe(1)
    hear((writer) => {
      chunk(writer, 1, 10)
      writer.control(receiver(1), 0, { open: true })
    })
    expect(theirs.log).toEqual(["frame 1:10", "endRun"])
    expect(ours.log).toEqual(["control"])
    expect(mux.bound(1)).toBe(ours)
    expect(mux.bound(receiver(1))).toBe(theirs)
    expect(mux.boundCount).toBe(2)
  })

  test("those that are taken are passed over, and freed ones not used again soon", () => {
    const { mux } = setUp()
    mux.bind(2, new TestEnd())
    expect([1, 2].map(() => mux.allocate(new TestEnd()))).toEqual([1, 3])
    mux.release(1)
    expect(mux.allocate(new TestEnd())).toBe(4)
  })

  test("a broker-wide one reaches the reader that has it, and the broker's end hears its statements", () => {
    const shared = AliasBit.broker + 5
    const client = setUp("client")
    const reader = client.bind(shared)
    client.hear((writer) => chunk(writer, shared, 3))
    expect(reader.log).toEqual(["frame 1:3", "endRun"])
    const broker = setUp("broker")
    const writer = new TestEnd()
    broker.mux.bind(shared, writer)
    broker.hear((out) => out.control(receiver(shared), 0, { open: true }))
    expect(writer.log).toEqual(["control"])
  })
})

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

  test("a long message and large details are shortened until they can be told", () => {
    const { bind, hear, answers } = setUp("broker")
    bind(1).onFrame = () => {
      throw new BusError("gap", "\u{1f600}".repeat(3_000), { details: { list: Array.from({ length: 2_000 }, () => 7) } })
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
      writer.error({}, { alias: 1, code: "peer_lost", text: "gone" })
      writer.error({}, { alias: receiver(1), code: "fenced", text: "another" })
      writer.error({}, { alias: 77, code: "fenced", text: "nobody" })
      chunk(writer, 1, 0)
    })
    expect([a.log, b.log, ours.log]).toEqual([["reset peer_lost"], [], ["reset fenced"]])
    expect(mux.boundCount).toBe(1)
  })
})

describe("a fault of the connection", () => {
  const bad = (patch: (bytes: Uint8Array) => void) => {
    const bytes = message((writer) => chunk(writer, 1, 0, Lane.main, 10))
    patch(bytes)
    return bytes
  }
  const framing: [string, Uint8Array, keyof typeof FRAMING_FAULTS][] = [
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
        expect(far.closes).toMatchObject([{ code: 1002, reason: FRAMING_FAULTS[fault] }])
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
    hear((writer) => writer.error({}, { code: "internal", text: "mine" }))
    expect(closes).toMatchObject([{ code: 1002, error: { code: "protocol" } }])
  })

  test("a CHUNK in full form", () => {
    const { hear, closes } = setUp("broker")
    hear((writer) => writer.fullChunk({ lane: Lane.main }, bytesOf(3)))
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

describe("before WELCOME", () => {
  test("a START closes the connection", () => {
    for (const role of ["client", "broker"] as const) {
      const { hear, closes, starts } = setUp(role, false)
      hear((writer) => writer.start({ epoch: 1 }, { kind: StreamKind.hosted, name: "job", alias: 1 }))
      expect(closes).toMatchObject([{ code: 1002, error: { code: "protocol" } }])
      expect(starts).toEqual([])
    }
  })

  test("chunks and statements for streams are dropped: nobody has them", () => {
    const { hear, closes } = setUp("broker", false)
    hear((writer) => {
      chunk(writer, 1, 0)
      writer.control(1, 0, { open: true })
    })
    expect(closes).toEqual([])
  })

  test("a broker reads at most 4 KiB, in one message or in many", () => {
    const one = setUp("broker", false)
    one.link.far.send(new Uint8Array(LIMITS.handshakeBytes + 1))
    one.clock.settle()
    expect(one.closes).toMatchObject([{ code: 1002, error: { code: "protocol" } }])
    const many = setUp("broker", false)
    for (let i = 0; i < 10; i++) many.hear((writer) => writer.control(0, 0, { hello: { filler: "x".repeat(500) } }))
    expect(many.controls.length).toBe(7)
    expect(many.closes).toMatchObject([{ code: 1002 }])
  })

  test("a client reads what the broker sends together with WELCOME", () => {
    const { hear, side, controls, closes, starts, mux } = setUp("client", false)
    side.onControl = () => mux.establish({ intervalMs: 25_000, timeoutMs: 8_000 })
    hear((writer) => {
      writer.control(0, 0, { welcome: { id: "a" } })
      for (let i = 1; i < 100; i++) writer.start({ epoch: 1 }, { kind: StreamKind.delivery, name: `job.${i}`, alias: i })
    })
    expect([controls.length, starts.length, closes]).toEqual([1, 99, []])
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
