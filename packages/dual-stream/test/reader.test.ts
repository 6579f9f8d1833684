import { ManualClock } from "@luxbus/clock/testing"
import { BusError, type DataLane, type Fields, HopFlag, Lane, LIMITS, type MessageReader } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { type LaneItem, type ReaderOptions, StreamReader, UNREAD_KEPT_BYTES } from "../src/index.ts"
import { testHash } from "../src/testing.ts"
import { bytesOf, chunkFrame, endFrame } from "./frames.ts"
import { ScriptedCarrier } from "./scripted-carrier.ts"

const ADDRESS = 0x8000_0001
const DATA = bytesOf(36)
const NOTHING = new Uint8Array(0)

/** A reader on a carrier of which the test plays the other side. */
class ReaderScript {
  readonly clock = new ManualClock()
  readonly log: string[] = []
  readonly errors: BusError[] = []
  readonly reader: StreamReader
  carrier = new ScriptedCarrier()

  constructor(options: Partial<ReaderOptions> = {}) {
    const { clock, log } = this
    this.reader = new StreamReader(
      {
        clock,
        createHash: testHash,
        events: {
          readable: (lane) => log.push(`readable ${lane}`),
          notice: (notice) => log.push(notice.type),
          outcome: (outcome) => log.push(`outcome ${outcome.status}`),
          failed: (error) => {
            this.errors.push(error)
            log.push(`failed ${error.code}`)
          },
        },
      },
      { source: "peer", ...options },
    )
  }

  attach(epoch = 5): this {
    this.reader.attach(this.carrier, ADDRESS, epoch)
    return this
  }

  /** Attached, and has said so. */
  open(): this {
    this.attach().said()
    return this
  }

  /** One run of frames. */
  receive(...frames: (MessageReader | number)[]): this {
    for (const frame of frames) this.reader.frame(typeof frame === "number" ? chunkFrame(frame, DATA) : frame)
    this.reader.endRun()
    return this
  }

  hear(fields: Fields, hop = 0): this {
    this.reader.control(fields, hop)
    return this
  }

  /** What it wants to say on the control lane now. */
  said(): readonly Fields[] {
    return this.carrier.pull().controls
  }

  takeAll(lane: DataLane): LaneItem[] {
    const items: LaneItem[] = []
    for (let item = this.reader.take(lane); item !== undefined; item = this.reader.take(lane)) items.push(item)
    return items
  }
}

function codeOf(call: () => void): string | undefined {
  try {
    call()
  } catch (error) {
    return error instanceof BusError ? error.code : String(error)
  }
  return undefined
}

const DONE: Fields = { outcome: { status: "done", main: 3, error: 0 } }
const END = endFrame(2, NOTHING, { fields: { total: 72, sha256: digestOfTwo() } })

function digestOfTwo(): Uint8Array {
  const hash = testHash()
  hash.update(DATA)
  hash.update(DATA)
  return hash.digest()
}

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
    const script = new ReaderScript({ source: "host" }).open()
    script.receive(0, 1).clock.advance(1_000)
    expect(script.said()).toEqual([])
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

describe("holes", () => {
  test("are asked for at once, each once, and again after 0.2·2^k seconds: five times, then gap", () => {
    const script = new ReaderScript().open()
    script.receive(0, 2)
    expect(script.said()).toMatchObject([{ cum: 1, missing: [[1, 1]], ack: [[2, 2]] }])
    script.receive(3)
    script.receive(6)
    expect(script.said()).toMatchObject([{ missing: [[4, 5]] }])
    const askedAt: number[] = []
    for (let ms = 0; ms < 10_000; ms += 100) {
      script.clock.advance(100)
      if (script.said().some((fields) => fields.missing !== undefined)) askedAt.push(script.clock.now())
    }
    expect(askedAt).toEqual([200, 600, 1_400, 3_000])
    expect(script.errors[0]).toMatchObject({ code: "gap", details: { first: 1 } })
    expect(script.carrier.resets).toEqual([{ address: ADDRESS, code: "gap" }])
    expect(script.clock.pendingTimers).toBe(0)
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
    expect(script.said()).toMatchObject([{ cum: 1, missing: [[1, 2]] }])
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
})

describe("the end", () => {
  test("is reported after the data that it names, and complete is said only after everything was taken", () => {
    const script = new ReaderScript().open()
    script.receive(0).hear(DONE)
    expect(script.log).toEqual(["readable 1"])
    script.receive(1, END)
    expect(script.log).toEqual(["readable 1", "readable 1", "outcome done"])
    expect(script.said().some((fields) => fields.complete)).toBe(false)
    expect(script.takeAll(Lane.main).map((item) => item.type)).toEqual(["chunk", "chunk", "end"])
    expect(script.said()).toContainEqual({ complete: true })
    expect(script.reader.completed).toBe(true)
  })

  test("does not ask for what the outcome names and the writer has not sent", () => {
    const script = new ReaderScript().open()
    script.receive(0).hear(DONE).clock.advance(20_000)
    expect(script.said().some((fields) => fields.missing !== undefined)).toBe(false)
    expect(script.errors).toEqual([])
  })

  test("is one: repeated statements change nothing, but complete is said again", () => {
    const script = new ReaderScript().open()
    script.receive(0, 1, END).hear(DONE)
    script.takeAll(Lane.main)
    script.said()
    script.hear(DONE)
    expect(script.said()).toEqual([{ complete: true }])
    expect(script.log.filter((entry) => entry.startsWith("outcome"))).toEqual(["outcome done"])
  })

  test("that contradicts what arrived is a protocol error", () => {
    expect(
      codeOf(() =>
        new ReaderScript()
          .open()
          .receive(0, 1, END)
          .hear({ outcome: { status: "done", main: 4, error: 0 } }),
      ),
    ).toBe("protocol")
    expect(
      codeOf(() =>
        new ReaderScript()
          .open()
          .receive(0, 1)
          .hear({ outcome: { status: "done", main: 1, error: 0 } }),
      ),
    ).toBe("protocol")
    expect(
      codeOf(() =>
        new ReaderScript()
          .open()
          .receive(0)
          .hear({ outcome: { status: "done", main: 0, error: 0 } }),
      ),
    ).toBe("protocol")
  })

  test("of a stream without data is complete at once", () => {
    const script = new ReaderScript()
      .open()
      .hear({ outcome: { status: "cancelled", reason: "stop", main: 0, error: 0 } })
    expect(script.log).toEqual(["outcome cancelled"])
    expect(script.said()).toEqual([{ complete: true }])
  })

  test("of a hosted stream is reported before its data, which can still be read", () => {
    const script = new ReaderScript({ source: "host" }).open().receive(0).hear(DONE)
    expect(script.log).toEqual(["readable 1", "outcome done"])
    script.receive(1, END)
    expect(script.takeAll(Lane.main)).toHaveLength(3)
    expect(script.reader.completed).toBe(true)
  })

  test("of a hosted stream whose lane breaks off without an END is complete where the outcome says", () => {
    const script = new ReaderScript({ source: "host" }).open().receive(0, 1)
    script.hear({ outcome: { status: "expired", main: 2, error: 0 } })
    expect(script.reader.completed).toBe(false)
    script.takeAll(Lane.main)
    expect(script.reader.completed).toBe(true)
  })

  test("is not undone by a reset that comes after everything has arrived", () => {
    const script = new ReaderScript().open().receive(0, 1, END).hear(DONE)
    script.reader.reset(new BusError("closed", "the session was closed"))
    expect(script.reader.error).toBeUndefined()
    expect(script.takeAll(Lane.main)).toHaveLength(3)
    expect(script.clock.pendingTimers).toBe(0)
  })

  test("expires when the writer stays away, and what arrived can still be read", () => {
    const script = new ReaderScript({ windowMs: 1_000 }).open().receive(0)
    script.reader.detach()
    script.clock.advance(1_000)
    expect(script.log).toEqual(["readable 1", "suspended", "outcome expired", "failed expired"])
    expect(script.reader.outcome).toEqual({ status: "expired", main: 1, error: 0 })
    expect(script.takeAll(Lane.main)).toHaveLength(1)
    expect(script.clock.pendingTimers).toBe(0)
  })
})

describe("closing", () => {
  test("tells a writer that still writes, and not one whose stream is complete", () => {
    const script = new ReaderScript().open()
    script.reader.close()
    expect(script.carrier.resets).toEqual([{ address: ADDRESS, code: "closed" }])
    const complete = new ReaderScript().open().hear({ outcome: { status: "done", main: 0, error: 0 } })
    complete.reader.close()
    expect(complete.carrier.resets).toEqual([])
    expect(complete.carrier.controls).toEqual([{ address: ADDRESS, fields: { complete: true } }])
    expect(complete.carrier.ends.size).toBe(0)
  })

  test("of a complete stream does not keep it from saying complete again on a new connection", () => {
    const script = new ReaderScript().open().hear({ outcome: { status: "done", main: 0, error: 0 } })
    script.said()
    script.reader.close()
    script.carrier = new ScriptedCarrier()
    script.attach()
    expect(script.said()).toContainEqual({ complete: true })
  })

  test("leaves no timer, and is silent afterwards", () => {
    const script = new ReaderScript({ windowMs: 1_000 }).open().receive(0, 2)
    script.reader.cancel()
    script.said()
    expect(script.clock.pendingTimers).toBe(3)
    script.reader.close()
    script.reader.close()
    script.clock.advance(10_000)
    expect(script.clock.pendingTimers).toBe(0)
    expect(script.log).toEqual(["readable 1"])
  })
})

describe("cancel", () => {
  test("is repeated until there is an outcome, on every connection", () => {
    const script = new ReaderScript().open()
    script.reader.cancel("enough")
    script.reader.cancel("really")
    expect(script.said()).toEqual([{ cancel: { reason: "enough" } }])
    script.clock.advance(200)
    expect(script.said()).toEqual([{ cancel: { reason: "enough" } }])
    script.reader.detach()
    script.clock.advance(10_000)
    script.carrier = new ScriptedCarrier()
    expect(script.attach().said()).toContainEqual({ cancel: { reason: "enough" } })
    script.hear({ outcome: { status: "cancelled", main: 0, error: 0 } })
    script.said()
    script.clock.advance(10_000)
    expect(script.said()).toEqual([])
    expect(script.clock.pendingTimers).toBe(0)
  })

  test("before there is a connection goes out with the first", () => {
    const script = new ReaderScript()
    script.reader.cancel()
    expect(script.attach().said()).toContainEqual({ cancel: {} })
  })

  test("after the outcome is nothing", () => {
    const script = new ReaderScript().open().hear({ outcome: { status: "done", main: 0, error: 0 } })
    script.said()
    script.reader.cancel()
    expect(script.said()).toEqual([])
  })

  test("with a code is the writer giving up: the reader fails with it", () => {
    const script = new ReaderScript().open().hear({ cancel: { code: "peer_lost", message: "gone" } })
    expect(script.errors[0]?.code).toBe("peer_lost")
    expect(new ReaderScript().open().hear({ cancel: {} }).errors[0]?.code).toBe("protocol")
  })
})

describe("a lane that nobody reads", () => {
  const chunks = 40
  const data = new Uint8Array(8 * 1024)

  function flood(script: ReaderScript, lane: DataLane): void {
    for (let number = 0; number < chunks; number++) script.receive(chunkFrame(number, data, { lane }))
  }

  test("is drained while the other is read, keeps its last 64 KiB and says what it lost", () => {
    const script = new ReaderScript().open()
    script.reader.touch(Lane.main)
    flood(script, Lane.error)
    expect(script.reader.lane(Lane.error).heldCost).toBeLessThanOrEqual(UNREAD_KEPT_BYTES)
    const [gap, next] = script.takeAll(Lane.error)
    expect(gap).toMatchObject({ type: "gap", lane: "error", reason: "lagged", ranges: [[0, 32]], first: 33 })
    expect(next).toMatchObject({ type: "chunk", number: 33 })
  })

  test("is drained while only the outcome is awaited, and does not hold up complete", () => {
    const script = new ReaderScript().open()
    flood(script, Lane.main)
    script.reader.awaitOutcome()
    script.receive(endFrame(chunks, NOTHING))
    script.hear({ outcome: { status: "done", main: chunks + 1, error: 0 } })
    expect(script.log.at(-1)).toBe("outcome done")
    expect(script.said()).toContainEqual({ complete: true })
  })

  test("is not drained when nothing is read at all: the writer waits", () => {
    const script = new ReaderScript().open()
    script.receive(chunkFrame(0, data, { lane: Lane.error }))
    for (let number = 1; number < 7; number++) script.receive(chunkFrame(number, data, { lane: Lane.error }))
    expect(codeOf(() => script.receive(chunkFrame(7, data, { lane: Lane.error })))).toBe("flow_control")
  })

  test("is drained again once the application has left it", () => {
    const script = new ReaderScript().open()
    script.reader.touch(Lane.main)
    script.reader.touch(Lane.error)
    script.reader.leave(Lane.error)
    flood(script, Lane.error)
    expect(script.reader.lane(Lane.error).heldCost).toBeLessThanOrEqual(UNREAD_KEPT_BYTES)
  })

  test("is kept by a host, not drained", () => {
    const script = new ReaderScript({ source: "host" }).open()
    script.reader.touch(Lane.main)
    for (let number = 0; number < 7; number++) script.receive(chunkFrame(number, data, { lane: Lane.error }))
    expect(script.said().some((fields) => (fields.credit ?? 0) > LIMITS.windowBytes.error)).toBe(false)
  })
})

describe("gaps", () => {
  test("are shown before any later data, and grant what they skip", () => {
    const script = new ReaderScript({ source: "host" }).open()
    script.hear({ lane: Lane.main, gap: [[0, 9]], first: 10, message: 9, at: 2_000_000, reason: "evicted" })
    script.receive(10)
    expect(script.log).toEqual(["readable 1", "readable 1"])
    expect(script.said()).toMatchObject([{ lane: Lane.main, cum: 11, credit: 2_000_000 + LIMITS.windowBytes.main }])
    expect(script.takeAll(Lane.main)).toMatchObject([
      { type: "gap", first: 10, message: 9, ranges: [[0, 9]], reason: "evicted" },
      { type: "chunk", number: 10 },
    ])
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

test("counts a host's credit from the new attachment, less what is still held", () => {
  const script = new ReaderScript({ source: "host" }).open()
  script.receive(0, 1, 2)
  script.reader.take(Lane.main)
  script.reader.detach()
  script.carrier = new ScriptedCarrier()
  expect(script.attach().said()[1]).toMatchObject({ cum: 3, credit: LIMITS.windowBytes.main - 200 })
})

test("a reset leaves what arrived readable, and no timer", () => {
  const script = new ReaderScript().open().receive(0, 2)
  script.reader.reset(new BusError("connection_lost", "gone"))
  expect(script.errors.map(({ code }) => code)).toEqual(["connection_lost"])
  expect(script.takeAll(Lane.main)).toHaveLength(1)
  expect(script.clock.pendingTimers).toBe(0)
})
