import { AliasBit, BROKER_LIMITS, Lane, StreamKind } from "@luxbus/packet"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { bytesOf } from "./frames.ts"
import { chunk, receiver, setUp } from "./inbound-side.ts"
import { TestEnd } from "./test-end.ts"

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
    one.link.far.send(new Uint8Array(BROKER_LIMITS.handshakeBytes + 1))
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
      for (let i = 1; i < 100; i++)
        writer.start({ epoch: 1 }, { kind: StreamKind.delivery, name: `job.${i}`, alias: i })
    })
    expect([controls.length, starts.length, closes]).toEqual([1, 99, []])
  })
})
