import { BusError, HopFlag, Lane, WRITER_LIMITS } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { REPEAT_FIRST_MS } from "../src/index.ts"
import { codeOf } from "./error-code.ts"
import { bytesOf } from "./frames.ts"
import { WriterScript } from "./writer-script.ts"

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

  test("states an outcome again that was told before the reader took the stream", () => {
    const script = new WriterScript().attach()
    script.writer.finish({ status: "done" })
    const toldEarly = script.carrier.pull().controls.filter(({ outcome }) => outcome !== undefined)
    script.open().clock.advance(REPEAT_FIRST_MS)
    const toldAgain = script.carrier.pull().controls.filter(({ outcome }) => outcome !== undefined)
    expect([toldEarly.length, toldAgain.length]).toEqual([1, 1])
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
  expect(written * 64).toBe(WRITER_LIMITS.errorMemoryBytes)
  expect(script.writer.hasRoom(Lane.error)).toBe(false)
  expect(script.writer.hasRoom(Lane.main)).toBe(true)
  script.carrier.pull()
  script.hear({ lane: Lane.error, cum: 1 }, { lane: Lane.error, cum: 2 })
  expect(script.log).toEqual(["open", "room 2"])
})

test("an acknowledgement of what was never sent is a protocol error", () => {
  const script = new WriterScript().attach().open()
  script.writer.write(Lane.main, bytesOf(1), 0)
  expect(codeOf(() => script.hear({ lane: Lane.main, cum: 1 }))).toBe("protocol")
  script.carrier.pull()
  expect(codeOf(() => script.hear({ lane: Lane.main, cum: 1 }))).toBeUndefined()
})
