import { ManualClock } from "@luxbus/clock/testing"
import { BusError, type Fields, HopFlag, Lane, LIMITS, StreamKind } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { StreamWriter, type WriterOptions } from "../src/index.ts"
import { testHash } from "../src/testing.ts"
import { bytesOf, chunkFrame } from "./frames.ts"
import { ScriptedCarrier } from "./scripted-carrier.ts"

/** A writer on a carrier of which the test plays the other side. */
class WriterScript {
  readonly clock = new ManualClock()
  readonly log: string[] = []
  readonly errors: BusError[] = []
  readonly writer: StreamWriter
  carrier = new ScriptedCarrier()

  constructor(options: Partial<WriterOptions> = {}) {
    const { clock, log } = this
    this.writer = new StreamWriter(
      {
        clock,
        createHash: testHash,
        events: {
          room: (lane) => log.push(`room ${lane}`),
          notice: (notice) => log.push(notice.type),
          cancelled: (reason) => log.push(`cancelled ${reason}`),
          complete: () => log.push("complete"),
          failed: (error) => {
            this.errors.push(error)
            log.push(`failed ${error.code}`)
          },
        },
      },
      { kind: StreamKind.relayed, name: "job", to: "bob", epoch: 5, seq: new Uint8Array(40), ...options },
    )
  }

  attach(): this {
    this.writer.attach(this.carrier)
    return this
  }

  /** The other side's statement. */
  hear(...statements: Fields[]): this {
    for (const fields of statements) this.writer.control(fields, 0)
    return this
  }

  open(credit = 1_000_000): this {
    return this.hear(
      { open: true, epoch: this.writer.epoch },
      { lane: Lane.main, cum: 0, credit },
      { lane: Lane.error, cum: 0, credit },
    )
  }

  /** A new connection in place of the old one. */
  reconnect(): this {
    this.writer.detach()
    this.carrier = new ScriptedCarrier()
    return this.attach()
  }

  get lastStart(): Fields {
    return this.carrier.starts.at(-1)?.fields ?? {}
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

describe("opening", () => {
  test("sends START, then at most 16 KiB of both lanes before the reader answers", () => {
    const script = new WriterScript()
    for (let i = 0; i < 100; i++) {
      script.writer.write(Lane.main, bytesOf(1_000), 0)
      script.writer.write(Lane.error, bytesOf(1_000), 0)
    }
    script.attach()
    expect(script.carrier.starts).toHaveLength(1)
    const bytes = script.carrier.pull().written.map((frame) => (frame.type === "control" ? 0 : frame.bytes))
    const sum = bytes.reduce((a, b) => a + b, 0)
    expect(sum).toBeGreaterThan(13_000)
    expect(sum).toBeLessThanOrEqual(16 * 1024)
    expect(script.writer.state).toBe("opening")
    expect(script.writer.blocked(Lane.main)).toBe(true)
  })

  test("repeats START ever more slowly until it is answered, and then no more", () => {
    const script = new WriterScript().attach()
    const at: number[] = []
    for (let ms = 0; ms < 12_000; ms += 100) {
      const before = script.carrier.starts.length
      script.clock.advance(100)
      if (script.carrier.starts.length > before) at.push(script.clock.now())
    }
    expect(at).toEqual([200, 600, 1_400, 3_000, 6_200, 11_200])
    script.open().clock.advance(20_000)
    expect(script.carrier.starts).toHaveLength(7)
    expect(script.log).toEqual(["open"])
    expect(script.clock.pendingTimers).toBe(0)
  })

  test("with an absent reader waits: one notice, no data, a START every 5 seconds at last", () => {
    const script = new WriterScript().attach()
    script.writer.write(Lane.main, bytesOf(10), 0)
    for (let ms = 0; ms < 30_000; ms += 50) {
      script.clock.advance(50)
      if (script.carrier.starts.length > 0) script.hear({ verdict: { verdict: "wait" } })
      expect(script.carrier.pull().numbers).toEqual([])
    }
    expect(script.log).toEqual(["waiting"])
    expect(script.carrier.starts.length).toBeLessThanOrEqual(11)
    script.hear({ verdict: { verdict: "retry" } })
    expect(script.carrier.pull().numbers).toEqual([0])
    script.open()
    expect(script.log).toEqual(["waiting", "open"])
  })

  test("allots the host's epoch and incarnation, and resumes by them", () => {
    const script = new WriterScript({ kind: StreamKind.hosted, epoch: 0 }).attach()
    expect(script.lastStart).not.toHaveProperty("resume", true)
    const incarnation = bytesOf(8)
    script.hear({ open: true, epoch: 77, incarnation })
    expect(script.writer.epoch).toBe(77)
    script.reconnect()
    expect(script.lastStart).toMatchObject({ resume: true, incarnation })
    expect(script.carrier.starts.at(-1)?.epoch).toBe(77)
  })

  test("refuses to be taken in another epoch", () => {
    const script = new WriterScript().attach()
    expect(codeOf(() => script.hear({ open: true, epoch: 6 }))).toBe("protocol")
    const hosted = new WriterScript({ kind: StreamKind.hosted, epoch: 9 }).attach()
    expect(codeOf(() => hosted.hear({ open: true, epoch: 8 }))).toBe("protocol")
  })
})

describe("verdicts", () => {
  test("fenced ends the stream and says by which epoch", () => {
    const script = new WriterScript()
      .attach()
      .open()
      .hear({ verdict: { verdict: "fenced", current: 9 } })
    expect(script.log).toEqual(["open", "failed fenced"])
    expect(script.errors[0]?.details).toEqual({ current: 9 })
    expect(script.carrier.ends.size).toBe(0)
  })

  test("unknown ends a relayed stream: its reader's process is gone", () => {
    const script = new WriterScript()
      .attach()
      .open()
      .reconnect()
      .hear({ verdict: { verdict: "unknown" } })
    expect(script.errors[0]?.code).toBe("peer_lost")
    expect(new WriterScript().attach().hear({ verdict: { verdict: "unknown" } }).errors[0]?.code).toBe("unknown_stream")
  })

  test("unknown makes a hosted stream begin anew from what is held", () => {
    const script = new WriterScript({ kind: StreamKind.hosted, epoch: 0 }).attach()
    script.hear({ open: true, epoch: 7, incarnation: bytesOf(8) }, { lane: Lane.main, credit: 1_000_000 })
    for (let i = 0; i < 4; i++) script.writer.write(Lane.main, bytesOf(36, i), 0)
    script.carrier.pull()
    script.hear({ lane: Lane.main, cum: 2 })
    script.reconnect().hear({ verdict: { verdict: "unknown" } })
    expect(script.carrier.starts.map(({ epoch }) => epoch)).toEqual([7, 0])
    expect(script.lastStart).toMatchObject({ mainFirst: 2 })
    expect(script.lastStart.resume).toBeUndefined()
    expect(script.lastStart.incarnation).toBeUndefined()
    expect(script.carrier.pull().numbers).toEqual([])
    script.hear({ open: true, epoch: 8 }, { lane: Lane.main, cum: 2, credit: 100 })
    expect(script.carrier.pull().numbers).toEqual([2, 3])
    expect(script.writer.state).toBe("open")
  })

  test("wait suspends a stream that was open; nothing is sent until the reader is back", () => {
    const script = new WriterScript({ windowMs: 10_000 }).attach().open()
    script.reconnect().hear({ verdict: { verdict: "wait" } })
    script.writer.write(Lane.main, bytesOf(10), 0)
    expect(script.writer.suspended).toBe(true)
    expect(script.carrier.pull().numbers).toEqual([])
    script.hear({ verdict: { verdict: "retry" } }).open()
    expect(script.carrier.pull().numbers).toEqual([0])
    expect(script.log).toEqual(["open", "suspended", "resumed"])
  })

  test("of unknown kind is a protocol error, and leaves no timer", () => {
    const script = new WriterScript().attach()
    expect(codeOf(() => script.hear({ verdict: { verdict: "later" } }))).toBe("protocol")
    script.writer.reset(new BusError("protocol", "reset"))
    expect(script.clock.pendingTimers).toBe(0)
  })

  test("that ends the stream makes everything else in its frame void", () => {
    const script = new WriterScript().attach().open()
    script.writer.write(Lane.main, bytesOf(10), 0)
    script.carrier.pull()
    script.hear({ verdict: { verdict: "fenced" }, lane: Lane.main, cum: 0, credit: 9_000_000, open: true })
    expect(script.clock.pendingTimers).toBe(0)
    expect(script.log).toEqual(["open", "failed fenced"])
  })
})

describe("suspension", () => {
  test("by the other side stops data at once, and repeats START until the reader is back", () => {
    const script = new WriterScript({ windowMs: 60_000 }).attach().open()
    script.writer.write(Lane.main, bytesOf(10, 0), 0)
    script.carrier.pull()
    script.hear({ suspended: 20_000 })
    script.writer.write(Lane.main, bytesOf(10, 1), 0)
    expect(script.carrier.pull().numbers).toEqual([])
    script.clock.advance(700)
    expect(script.carrier.starts).toHaveLength(3)
    script.hear({ open: true, epoch: 5 }, { lane: Lane.main, cum: 1, credit: 1_000_000 })
    expect(script.carrier.pull().numbers).toEqual([1])
    expect(script.writer.repeatedBytes).toBe(0)
    expect(script.log).toEqual(["open", "suspended", "resumed"])
  })

  test("that outlasts the window fails with peer_lost and tells the other side if it can", () => {
    const script = new WriterScript({ windowMs: 1_000 }).attach().open()
    script.hear({ suspended: 500 }).clock.advance(500)
    expect(script.errors[0]?.code).toBe("peer_lost")
    expect(script.carrier.resets.map(({ code }) => code)).toEqual(["peer_lost"])
    expect(script.clock.pendingTimers).toBe(0)
    expect(script.writer.heldCost).toBe(0)
  })

  test("before it ever opened waits for ever", () => {
    const script = new WriterScript({ windowMs: 1_000 }).attach()
    script.writer.detach()
    script.clock.advance(100_000)
    expect(script.writer.state).toBe("opening")
    expect(script.clock.pendingTimers).toBe(0)
  })

  test("moves to another connection though the old one is still there, and frees its alias", () => {
    const script = new WriterScript().attach().open()
    const old = script.carrier
    script.carrier = new ScriptedCarrier()
    script.attach()
    expect(old.ends.size).toBe(0)
    expect(script.carrier.ends.size).toBe(1)
  })
})

describe("repetition", () => {
  test("states how far it sent while nothing is answered, less and less often, and stops once all has arrived", () => {
    const script = new WriterScript().attach().open()
    script.writer.write(Lane.main, bytesOf(10), 0)
    script.carrier.pull()
    script.clock.advance(1_400)
    const [statement] = script.carrier.pull().written
    expect(statement).toEqual({ type: "control", hop: HopFlag.ackNow, fields: { lane: Lane.main, next: 1 } })
    script.hear({ lane: Lane.main, cum: 1, credit: 1_000_000 })
    script.clock.advance(10_000)
    expect(script.carrier.pull().controls).toEqual([])
    expect(script.clock.pendingTimers).toBe(0)
  })

  test("does not claim to have sent what waits for credit", () => {
    const script = new WriterScript().attach().open(12_400)
    for (let i = 0; i < 5; i++) script.writer.write(Lane.main, bytesOf(10_000), 0)
    script.carrier.pull()
    script.clock.advance(200)
    expect(script.carrier.pull().controls).toEqual([{ lane: Lane.main, next: 1 }])
  })

  test("slows down for a reader that answers without taking anything", () => {
    const script = new WriterScript().attach().open(12_400)
    for (let i = 0; i < 5; i++) script.writer.write(Lane.main, bytesOf(10_000), 0)
    let statements = 0
    for (let ms = 0; ms < 60_000; ms += 50) {
      script.clock.advance(50)
      const { controls } = script.carrier.pull()
      statements += controls.length
      if (controls.length > 0) script.hear({ lane: Lane.main, cum: 1, credit: 12_400 })
    }
    expect(statements).toBeGreaterThan(10)
    expect(statements).toBeLessThan(20)
  })

  test("of one lane goes on while the other makes progress", () => {
    const script = new WriterScript().attach().open()
    script.writer.write(Lane.error, bytesOf(10), 0)
    const errorStatements: number[] = []
    for (let cum = 1; cum <= 40; cum++) {
      script.writer.write(Lane.main, bytesOf(10), 0)
      for (const { lane } of script.carrier.pull().controls) if (lane === Lane.error) errorStatements.push(cum)
      script.clock.advance(50)
      script.hear({ lane: Lane.main, cum, credit: 1_000_000 })
    }
    expect(errorStatements.length).toBeGreaterThanOrEqual(3)
  })

  test("states the outcome again until complete", () => {
    const script = new WriterScript().attach().open()
    script.writer.finish({ status: "done" })
    let stated = 0
    for (let ms = 0; ms < 6_000; ms += 100) {
      stated += script.carrier.pull().controls.filter((fields) => fields.outcome !== undefined).length
      script.clock.advance(100)
    }
    expect(stated).toBe(5)
    script.hear({ complete: true })
    expect(script.log).toEqual(["open", "complete"])
    expect(script.clock.pendingTimers).toBe(0)
  })
})

describe("the end", () => {
  test("is one outcome, the first, which names each lane's final number", () => {
    const script = new WriterScript().attach().open()
    script.writer.write(Lane.main, bytesOf(10), 0)
    script.writer.finish({ status: "error", code: "disk_full", message: "no space" })
    script.writer.finish({ status: "done" })
    expect(script.writer.outcome).toEqual({
      status: "error",
      code: "disk_full",
      message: "no space",
      main: 2,
      error: 0,
    })
    expect(script.writer.state).toBe("ending")
    expect(codeOf(() => script.writer.write(Lane.main, bytesOf(1), 0))).toBe("invalid_state")
  })

  test("half-closes: one lane ends, the other goes on", () => {
    const script = new WriterScript().attach().open()
    script.writer.write(Lane.main, bytesOf(10), 0)
    script.writer.end(Lane.main)
    expect(codeOf(() => script.writer.write(Lane.main, bytesOf(1), 0))).toBe("invalid_state")
    script.writer.write(Lane.error, bytesOf(1), 0)
    expect(script.carrier.pull().written.map((frame) => frame.type)).toEqual(["chunk", "chunk", "end"])
  })

  test("complete before an outcome, or before everything was sent, is a protocol error", () => {
    const script = new WriterScript().attach().open(0)
    expect(codeOf(() => script.hear({ complete: true }))).toBe("protocol")
    script.writer.write(Lane.main, bytesOf(20_000), 0)
    script.writer.finish({ status: "done" })
    script.carrier.pull()
    expect(codeOf(() => script.hear({ complete: true }))).toBe("protocol")
  })

  test("lets go of memory, timers and alias, even where the last acknowledgement was lost", () => {
    const script = new WriterScript().attach().open()
    script.writer.write(Lane.main, bytesOf(10), 0)
    script.writer.finish({ status: "done" })
    script.carrier.pull()
    expect(script.writer.heldCost).toBe(10 + 2 * 64)
    script.hear({ complete: true })
    expect([script.writer.heldCost, script.clock.pendingTimers, script.carrier.ends.size]).toEqual([0, 0, 0])
    script.hear({ lane: Lane.main, cum: 0, credit: 5 }, { suspended: 3 }, { open: true })
    expect(script.clock.pendingTimers).toBe(0)
  })

  test("by abandoning tells the other side once", () => {
    const script = new WriterScript().attach().open()
    script.writer.abandon(new BusError("closed", "the handle was closed"))
    script.writer.abandon(new BusError("internal", "again"))
    expect(script.carrier.resets.map(({ code }) => code)).toEqual(["closed"])
    expect(script.log).toEqual(["open", "failed closed"])
    expect(script.writer.acknowledged(Lane.main)).toBe(false)
  })

  test("by a reader's refusal has the reader's code; a cancel without one is only told, and told once", () => {
    const script = new WriterScript().attach().open()
    script.hear({ cancel: { reason: "enough" } }, { cancel: { reason: "enough" } })
    expect(script.log).toEqual(["open", "cancelled enough"])
    expect(script.writer.state).toBe("open")
    script.hear({ cancel: { code: "too_large", message: "a message of 20 MiB" } })
    expect(script.errors[0]).toMatchObject({ code: "too_large", message: "a message of 20 MiB" })
  })

  test("by a malformed refusal is still a BusError", () => {
    expect(new WriterScript().attach().hear({ cancel: { code: 7 } }).errors[0]?.code).toBe("protocol")
    expect(new WriterScript().attach().hear({ cancel: { code: "made_up" } }).errors[0]?.code).toBe("internal")
  })
})

test("says that a lane's memory is full, and again when it has room; empty chunks count too", () => {
  const script = new WriterScript().attach().open(10_000_000)
  let written = 1
  while (script.writer.write(Lane.error, new Uint8Array(0), 0)) written++
  expect(written * 64).toBe(LIMITS.errorMemoryBytes)
  expect(script.writer.hasRoom(Lane.error)).toBe(false)
  expect(script.writer.hasRoom(Lane.main)).toBe(true)
  script.carrier.pull()
  script.hear({ lane: Lane.error, cum: 1 }, { lane: Lane.error, cum: 2 })
  expect(script.log).toEqual(["open", "room 2"])
})

test("takes no chunks", () => {
  const script = new WriterScript().attach().open()
  expect(codeOf(() => script.writer.frame(chunkFrame(0, bytesOf(1))))).toBe("protocol")
  script.writer.endRun()
})

test("an acknowledgement of what was never sent is a protocol error", () => {
  const script = new WriterScript().attach().open()
  script.writer.write(Lane.main, bytesOf(1), 0)
  expect(codeOf(() => script.hear({ lane: Lane.main, cum: 1 }))).toBe("protocol")
  script.carrier.pull()
  expect(codeOf(() => script.hear({ lane: Lane.main, cum: 1 }))).toBeUndefined()
})
