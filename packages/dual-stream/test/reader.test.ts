import { BusError, HopFlag, Lane, LIMITS } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { TAIL_SILENCE_MS } from "../src/hole-watch.ts"
import { fromHost, fromPattern, REPEAT_FIRST_MS } from "../src/index.ts"
import { codeOf } from "./error-code.ts"
import { bytesOf, chunkFrame } from "./frames.ts"
import { ADDRESS, DATA, END, ReaderScript } from "./reader-script.ts"
import { ScriptedCarrier } from "./scripted-carrier.ts"

describe("taking a stream", () => {
  test("answers a START with open and credit for both lanes, in one go", () => {
    expect(new ReaderScript().attach(9).said()).toEqual([
      { open: true, epoch: 9 },
      { lane: Lane.main, cum: 0, credit: LIMITS.windowBytes.main },
      { lane: Lane.error, cum: 0, credit: LIMITS.windowBytes.error },
    ])
  })

  test("answers a repeated START again, and nothing else comes of it", () => {
    const script = new ReaderScript().open()
    script.receive(0, 1)
    script.attach()
    expect(script.said()).toMatchObject([{ open: true }, { lane: Lane.main, cum: 2 }, { lane: Lane.error, cum: 0 }])
    expect(script.carrier.ends.size).toBe(1)
    expect(script.log).toEqual(["readable 1"])
  })

  test("states on a new connection where it stands, what it holds above and what it grants", () => {
    const script = new ReaderScript().open()
    script.receive(0, 2, 3)
    script.reader.detach()
    script.carrier = new ScriptedCarrier()
    script.attach()
    expect(script.said()[1]).toEqual({
      lane: Lane.main,
      cum: 1,
      ack: [[2, 3]],
      credit: LIMITS.windowBytes.main,
    })
    expect(script.log).toEqual(["readable 1", "suspended", "resumed"])
  })

  test("moves from one alias to another and frees the old one", () => {
    const script = new ReaderScript().open()
    script.reader.attach(script.carrier, ADDRESS + 1, 5)
    expect([...script.carrier.ends.keys()]).toEqual([ADDRESS + 1])
  })

  test("refuses an epoch below the one it knows", () => {
    const script = new ReaderScript().attach(9)
    expect(codeOf(() => script.attach(8))).toBe("fenced")
    expect(codeOf(() => script.attach(9))).toBeUndefined()
  })

  test("goes on at a host that began anew, though its epoch is below: its clock was set back", () => {
    const script = new ReaderScript({ source: fromHost })
    const [before, after] = [new Uint8Array(8).fill(1), new Uint8Array(8).fill(2)]
    script.reader.attach(script.carrier, ADDRESS, 9, before)
    expect(codeOf(() => script.reader.attach(script.carrier, ADDRESS, 8, before))).toBe("fenced")
    script.reader.attach(script.carrier, ADDRESS, 8, after)
    expect(script.reader.epoch).toBe(8)
  })

  test("refuses to go on once closed or failed", () => {
    const closed = new ReaderScript().open()
    closed.reader.close()
    expect(codeOf(() => closed.attach())).toBe("closed")
    const failed = new ReaderScript().open()
    failed.reader.reset(new BusError("peer_lost", "gone"))
    expect(codeOf(() => failed.attach())).toBe("peer_lost")
  })
})

describe("acknowledgement", () => {
  test("comes within 25 ms, once for all that arrived until then, for the lane that had something", () => {
    const script = new ReaderScript().open()
    script.receive(0)
    script.clock.advance(20)
    script.receive(1)
    expect(script.said()).toEqual([])
    script.clock.advance(5)
    expect(script.said()).toEqual([{ lane: Lane.main, cum: 2, credit: LIMITS.windowBytes.main }])
    script.clock.advance(1_000)
    expect(script.said()).toEqual([])
    expect(script.clock.pendingTimers).toBe(0)
  })

  test("comes at once on END and on ACK_NOW, on a frame or a statement", () => {
    const script = new ReaderScript().open()
    script.receive(chunkFrame(0, DATA, { hop: HopFlag.ackNow }))
    expect(script.said()).toMatchObject([{ lane: Lane.main, cum: 1 }])
    script.hear({ lane: Lane.main, next: 1 }, HopFlag.ackNow)
    expect(script.said()).toMatchObject([{ lane: Lane.main, cum: 1 }])
    script.receive(1, END)
    expect(script.said()).toMatchObject([{ lane: Lane.main, cum: 3 }])
  })

  test("is repeated for what arrives twice: the writer does not know that it had arrived", () => {
    const script = new ReaderScript().open()
    script.receive(0).clock.advance(25)
    script.said()
    script.receive(0).clock.advance(25)
    expect(script.said()).toMatchObject([{ lane: Lane.main, cum: 1 }])
  })

  test("is not given to a host for each chunk: grants only", () => {
    const script = new ReaderScript({ source: fromHost }).open()
    script.receive(0, 1).clock.advance(1_000)
    expect(script.said()).toEqual([])
  })

  test("of a pattern's sparse numbers: delivers at once, stands behind the last, says nothing of what lies between", () => {
    const script = new ReaderScript({ source: fromPattern, main: 4 }).open()
    script.receive(6, 9)
    expect(script.takeAll(Lane.main)).toMatchObject([
      { type: "chunk", number: 6 },
      { type: "chunk", number: 9 },
    ])
    script.hear({ lane: Lane.main, gap: [[10, 19]], first: 20, reason: "lagged" }).receive(30)
    expect(script.reader.lane(Lane.main).position).toBe(10)
    expect(script.takeAll(Lane.main)).toMatchObject([
      { type: "gap", ranges: [[10, 19]], first: 20 },
      { type: "chunk", number: 30 },
    ])
    script.clock.advance(10_000)
    expect([script.reader.position.main, script.said()]).toEqual([31, []])
  })

  test("grants as soon as half of a window was taken", () => {
    const script = new ReaderScript().open()
    const big = new Uint8Array(32 * 1024 - 64)
    script.receive(chunkFrame(0, big, { lane: Lane.error }))
    script.clock.advance(25)
    script.said()
    script.takeAll(Lane.error)
    expect(script.said()).toEqual([{ lane: Lane.error, cum: 1, credit: 96 * 1024 }])
  })
})

/** By then a hole is given up: twelve askings in vain. */
const GIVEN_UP_MS = 42_000

describe("holes", () => {
  test("are asked for at once, each once, and again after 0.2·2^k seconds, at most 5: 41 s in vain, then gap", () => {
    const script = new ReaderScript().open()
    script.receive(0, 2)
    expect(script.said()).toMatchObject([{ cum: 1, missing: [[1, 1]], ack: [[2, 2]] }])
    script.receive(3)
    script.receive(6)
    expect(script.said()).toMatchObject([{ missing: [[4, 5]] }])
    const askedAt: number[] = []
    for (let ms = 0; ms < GIVEN_UP_MS; ms += 100) {
      script.passHearing(100, 7)
      if (script.said().some((fields) => fields.missing !== undefined)) askedAt.push(script.clock.now())
    }
    const seldom = [6_200, 11_200, 16_200, 21_200, 26_200, 31_200, 36_200]
    expect(askedAt).toEqual([200, 600, 1_400, 3_000, ...seldom])
    expect(script.errors[0]).toMatchObject({ code: "gap", details: { first: 1 } })
    expect(script.carrier.resets).toEqual([{ address: ADDRESS, code: "gap" }])
    expect(script.clock.pendingTimers).toBe(0)
  })

  test("are not given up while nothing at all is heard: a way that is silent brings no answer", () => {
    const script = new ReaderScript().open().receive(0, 2)
    expect(script.said()).toMatchObject([{ missing: [[1, 1]] }])
    script.clock.advance(60_000)
    expect([script.said().length, script.errors]).toEqual([1, []])
    // Every 5 s by now.
    script.passHearing(60_000, 3)
    expect(script.errors.map(({ code }) => code)).toEqual(["gap"])
  })

  test("that are filled are not asked for again, and progress begins the count anew", () => {
    const script = new ReaderScript().open()
    script.receive(0, 2, 4)
    script.clock.advance(3_100)
    script.said()
    script.receive(1)
    script.clock.advance(200)
    expect(script.said()).toMatchObject([{ cum: 3, missing: [[3, 3]] }])
    script.receive(3)
    script.clock.advance(10_000)
    expect(script.said()).toMatchObject([{ cum: 5 }])
    expect(script.errors).toEqual([])
  })

  test("are not given up while anything of the lane arrives: on a slow way it comes before what fills them", () => {
    const script = new ReaderScript().open().receive(0, 2)
    for (let number = 3; number < 20; number++) {
      script.clock.advance(1_000)
      script.receive(number)
    }
    expect(script.errors).toEqual([])
    script.passHearing(GIVEN_UP_MS, 20)
    expect(script.errors.map(({ code }) => code)).toEqual(["gap"])
  })

  test("of one lane are asked for again though the other makes progress", () => {
    const script = new ReaderScript().open()
    script.receive(chunkFrame(1, DATA, { lane: Lane.error }))
    let asked = 0
    for (let number = 0; number < 40; number++) {
      script.receive(number).clock.advance(50)
      asked += script.said().filter((fields) => fields.missing !== undefined).length
    }
    expect(asked).toBe(4)
  })

  test("at the end are found by what the writer states", () => {
    const script = new ReaderScript().open()
    script.receive(0).hear({ lane: Lane.main, next: 3 }, HopFlag.ackNow)
    expect(script.said()).toEqual([{ lane: Lane.main, cum: 1, credit: LIMITS.windowBytes.main }])
    script.clock.advance(TAIL_SILENCE_MS)
    expect(script.said()).toMatchObject([{ cum: 1, missing: [[1, 2]] }])
  })

  test("at the end are not asked for while chunks still come: a statement overtakes what it tells of", () => {
    const script = new ReaderScript().open()
    script.receive(0).hear({ lane: Lane.main, next: 9 }, HopFlag.ackNow)
    for (let number = 1; number < 8; number++) {
      script.clock.advance(TAIL_SILENCE_MS - 100)
      script.receive(number)
    }
    expect(script.said().filter(({ missing }) => missing !== undefined)).toEqual([])
  })

  test("are asked for again by their beginning alone: what was asked for first may still be on its way", () => {
    const script = new ReaderScript().open()
    script.receive(0, 20)
    expect(script.said()).toMatchObject([{ missing: [[1, 19]] }])
    script.clock.advance(REPEAT_FIRST_MS)
    expect(script.said()).toMatchObject([{ missing: [[1, 4]] }])
  })

  test("that a broker declares behind everything that arrived are found", () => {
    const script = new ReaderScript().open()
    script.receive(0).hear({ lane: Lane.main, hole: [[1, 1]] })
    expect(script.said()).toMatchObject([{ cum: 1, missing: [[1, 1]] }])
  })

  test("that a broker declares are asked for at once, though they were before, and count as new", () => {
    const script = new ReaderScript().open()
    script.receive(0, 2)
    script.said()
    script.clock.advance(3_100)
    script.said()
    script.hear({ lane: Lane.main, hole: [[1, 1]] })
    expect(script.said()).toMatchObject([{ missing: [[1, 1]] }])
    script.clock.advance(3_300)
    expect(script.errors).toEqual([])
    script.hear({ lane: Lane.main, hole: [[0, 0]] }).hear({ lane: Lane.main, hole: [] })
  })

  test("are not asked for, nor counted, while a broker has no room for what fills them", () => {
    const script = new ReaderScript().open()
    script.receive(0, 2)
    expect(script.said()).toMatchObject([{ missing: [[1, 1]] }])
    script.hear({ lane: Lane.main, hole: [] })
    script.clock.advance(60_000)
    script.receive(4)
    expect(script.said().some(({ missing }) => missing !== undefined)).toBe(false)
    expect(script.errors).toEqual([])
    script.hear({ lane: Lane.main, hole: [[1, 1]] })
    expect(script.said()).toMatchObject([
      {
        missing: [
          [1, 1],
          [3, 3],
        ],
      },
    ])
    script.passHearing(GIVEN_UP_MS, 5)
    expect(script.errors).toMatchObject([{ code: "gap" }])
  })

  test("are asked for anew once the stream is announced again, whatever a broker had no room for before", () => {
    const script = new ReaderScript().open()
    script.receive(0, 2).hear({ lane: Lane.main, hole: [] })
    script.open().receive(3)
    expect(script.said()).toMatchObject([{ missing: [[1, 1]] }])
  })

  test("are not asked for while the writer is away, and then anew", () => {
    const script = new ReaderScript({ windowMs: 120_000 }).open()
    script.receive(0, 2)
    script.said()
    script.hear({ suspended: 60_000 })
    script.clock.advance(50_000)
    expect(script.said()).toEqual([])
    expect(script.errors).toEqual([])
    script.hear({ resumed: true })
    expect(script.said()).toMatchObject([{ missing: [[1, 1]] }])
  })

  test("are not asked for while the writer is away, though what it had sent still comes", () => {
    const script = new ReaderScript({ windowMs: 120_000 }).open()
    script.hear({ suspended: 60_000 })
    script.receive(0, 2)
    script.hear({ lane: Lane.main, next: 5 }).hear({ lane: Lane.main, hole: [[3, 4]] })
    expect(script.said().some(({ missing }) => missing !== undefined)).toBe(false)
    script.clock.advance(50_000)
    expect(script.errors).toEqual([])
    script.hear({ resumed: true })
    expect(script.said()).toMatchObject([{ missing: [[1, 1]] }])
  })
})

describe("gaps", () => {
  test("are shown before any later data, and grant what they skip", () => {
    const script = new ReaderScript({ source: fromHost }).open()
    script.hear({ lane: Lane.main, gap: [[0, 9]], first: 10, message: 9, at: 2_000_000, reason: "evicted" })
    script.receive(10)
    expect(script.log).toEqual(["readable 1", "readable 1"])
    expect(script.said()).toMatchObject([{ lane: Lane.main, cum: 11, credit: 2_000_000 + LIMITS.windowBytes.main }])
    expect(script.takeAll(Lane.main)).toMatchObject([
      { type: "gap", first: 10, message: 9, ranges: [[0, 9]], reason: "evicted" },
      { type: "chunk", number: 10 },
    ])
  })

  test("at the place where a reader begins are shown to one that is new, not to one that goes on", () => {
    const gap = { lane: Lane.main, gap: [[0, 4]] as const, first: 5, reason: "epoch" }
    const fresh = new ReaderScript({ source: fromHost, main: 5 }).open().hear(gap)
    fresh.hear(gap)
    expect(fresh.takeAll(Lane.main)).toMatchObject([{ type: "gap", first: 5, reason: "epoch" }])
    const back = new ReaderScript({ source: fromHost, main: 5 }).open()
    back.reader.detach()
    back.carrier = new ScriptedCarrier()
    back.open().hear(gap)
    expect(back.takeAll(Lane.main)).toEqual([])
  })

  test("of another epoch are shown to a reader that is new there, though no number is missing", () => {
    const gap = { lane: Lane.main, gap: [], first: 0, at: 0, reason: "epoch" }
    const newcomer = new ReaderScript({ source: fromHost }).open().hear(gap).hear(gap).receive(0)
    expect(newcomer.takeAll(Lane.main).map((item) => item.type)).toEqual(["gap", "chunk"])
    const resumed = new ReaderScript({ source: fromHost }).open()
    resumed.reader.detach()
    resumed.attach().hear(gap).receive(0)
    expect(resumed.takeAll(Lane.main).map((item) => item.type)).toEqual(["chunk"])
    const moved = new ReaderScript({ source: fromHost }).open()
    moved.carrier = new ScriptedCarrier()
    moved.attach(6).hear(gap).receive(0)
    expect(moved.takeAll(Lane.main).map((item) => item.type)).toEqual(["chunk"])
  })

  test("that say too little, or too much, are a protocol error", () => {
    const script = new ReaderScript().open()
    expect(codeOf(() => script.hear({ lane: Lane.main, gap: [[0, 1]] }))).toBe("protocol")
    expect(codeOf(() => script.hear({ lane: Lane.main, gap: [[0, 1]], first: 2, reason: "whim" }))).toBe("protocol")
  })

  test("below what arrived are nothing", () => {
    const script = new ReaderScript().open().receive(0, 1)
    script.hear({ lane: Lane.main, gap: [[0, 0]], first: 1, reason: "evicted" })
    expect(script.takeAll(Lane.main).map((item) => item.type)).toEqual(["chunk", "chunk"])
  })
})

test("knows whether it begins inside of a message", () => {
  const { reader } = new ReaderScript({ source: fromHost, main: 5, mainMessage: 3, error: 2 })
  expect([reader.lane(Lane.main).beginsInside, reader.lane(Lane.error).beginsInside]).toEqual([true, false])
})

test("counts a host's credit from the new attachment, less what is still held", () => {
  const script = new ReaderScript({ source: fromHost }).open()
  script.receive(0, 1, 2)
  script.reader.take(Lane.main)
  script.reader.detach()
  script.carrier = new ScriptedCarrier()
  expect(script.attach().said()[1]).toMatchObject({ cum: 3, credit: LIMITS.windowBytes.main - 200 })
})

test("grants a host anew for what it repeats from an attachment before: its count began anew, ours goes on", () => {
  const script = new ReaderScript({ source: fromHost }).open()
  const large = [0, 1, 2].map((number) => chunkFrame(number, bytesOf(200_000)))
  script.receive(...large).takeAll(Lane.main)
  script.reader.detach()
  script.carrier = new ScriptedCarrier()
  script.attach().said()
  expect(script.receive(...large).said()).toEqual([
    { lane: Lane.main, cum: 3, credit: LIMITS.windowBytes.main + 3 * 200_064 },
  ])
})
