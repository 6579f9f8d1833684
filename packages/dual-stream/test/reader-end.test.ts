import { BusError, type DataLane, Lane, LIMITS } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { fromHost } from "../src/index.ts"
import { codeOf } from "./error-code.ts"
import { chunkFrame, endFrame } from "./frames.ts"
import { ADDRESS, DONE, END, NOTHING, ReaderScript } from "./reader-script.ts"
import { ScriptedCarrier } from "./scripted-carrier.ts"

describe("the end", () => {
  test("is reported after the data that it names, and complete is said only after everything was taken", () => {
    const script = new ReaderScript().open()
    script.receive(0).hear(DONE)
    expect(script.log).toEqual(["readable 1"])
    script.receive(1, END)
    expect(script.log).toEqual(["readable 1", "readable 1", "outcome done"])
    expect(script.said().some((fields) => fields.complete)).toBe(false)
    script.reader.take(Lane.main)
    expect(script.reader.completed).toBe(false)
    expect(script.takeAll(Lane.main).map((item) => item.type)).toEqual(["chunk", "end"])
    expect(script.said()).toContainEqual({ complete: true })
    expect(script.reader.completed).toBe(true)
    expect(script.log.at(-1)).toBe("completed")
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

  test("that contradicts what arrived on the error lane is one too", () => {
    const script = new ReaderScript().open().receive(chunkFrame(0, NOTHING, { lane: Lane.error }))
    expect(codeOf(() => script.hear({ outcome: { status: "done", main: 0, error: 0 } }))).toBe("protocol")
  })

  test("does not reset a writer whose stream is complete when the owner closes on hearing of it", () => {
    const script = new ReaderScript().open()
    script.onOutcome = () => script.reader.close()
    script.hear({ outcome: { status: "done", main: 0, error: 0 } })
    expect(script.carrier.resets).toEqual([])
    expect(script.carrier.controls).toEqual([{ address: ADDRESS, fields: { complete: true } }])
  })

  test("needs no reading of the END alone, which holds nothing to miss", () => {
    const script = new ReaderScript().open().receive(0, 1, END).hear(DONE)
    script.reader.take(Lane.main)
    script.reader.take(Lane.main)
    expect(script.reader.completed).toBe(true)
    expect(script.log.filter((entry) => entry === "completed")).toHaveLength(1)
  })

  test("of a stream without data is complete at once", () => {
    const script = new ReaderScript()
      .open()
      .hear({ outcome: { status: "cancelled", reason: "stop", main: 0, error: 0 } })
    expect(script.log).toEqual(["completed", "outcome cancelled"])
    expect(script.said()).toEqual([{ complete: true }])
  })

  test("of a hosted stream is reported before its data, which can still be read", () => {
    const script = new ReaderScript({ source: fromHost }).open().receive(0).hear(DONE)
    expect(script.log).toEqual(["readable 1", "outcome done"])
    script.takeAll(Lane.main)
    expect(script.reader.completed).toBe(false)
    script.receive(1, END)
    expect(script.takeAll(Lane.main)).toHaveLength(2)
    expect(script.reader.completed).toBe(true)
  })

  test("of a hosted stream whose lane breaks off without an END is complete where the outcome says", () => {
    const script = new ReaderScript({ source: fromHost }).open().receive(0, 1)
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

test("a host whose copy has ended before what was read of another is expired, and told so", () => {
  const script = new ReaderScript({ source: fromHost }).open().receive(0, 1, 2)
  script.attach(6).hear({ outcome: { status: "error", code: "fenced", main: 2, error: 0 } })
  expect(script.log.at(-1)).toBe("failed expired")
  expect(script.carrier.resets).toEqual([{ address: ADDRESS, code: "expired" }])
  expect(script.takeAll(Lane.main)).toHaveLength(3)
})

test("a host that has ended before the end that was told of another is expired, and told so", () => {
  const script = new ReaderScript({ source: fromHost }).open().receive(0)
  script.hear({ outcome: { status: "done", main: 4, error: 0 } })
  script.attach(6).hear({ outcome: { status: "expired", main: 1, error: 0 } })
  expect(script.log.slice(-2)).toEqual(["outcome done", "failed expired"])
  expect(script.reader.outcome).toMatchObject({ status: "done", main: 4 })
})

describe("a START that must come", () => {
  const WINDOW = { windowMs: 1_000 }

  test("and does not is an expired stream", () => {
    const script = new ReaderScript(WINDOW)
    script.reader.awaitStart()
    script.clock.advance(1_000)
    expect(script.log).toEqual(["suspended", "outcome expired", "failed expired"])
    expect(script.clock.pendingTimers).toBe(0)
  })

  test("and does resumes it", () => {
    const script = new ReaderScript(WINDOW)
    script.reader.awaitStart()
    script.open().clock.advance(1_000)
    expect(script.log).toEqual(["suspended", "resumed"])
  })

  test("and has come is not waited for", () => {
    const script = new ReaderScript(WINDOW).open()
    script.reader.awaitStart()
    script.clock.advance(1_000)
    expect(script.log).toEqual([])
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
    script.settle()
    flood(script, Lane.error)
    expect(script.reader.lane(Lane.error).heldCost).toBeLessThanOrEqual(LIMITS.drainedTailBytes)
    const [gap, next] = script.takeAll(Lane.error)
    expect(gap).toMatchObject({ type: "gap", lane: "error", reason: "lagged", ranges: [[0, 32]], first: 33 })
    expect(next).toMatchObject({ type: "chunk", number: 33 })
  })

  test("is drained while only the outcome is awaited, and does not hold up complete", () => {
    const script = new ReaderScript().open()
    flood(script, Lane.main)
    script.reader.awaitOutcome()
    script.settle().receive(endFrame(chunks, NOTHING))
    script.hear({ outcome: { status: "done", main: chunks + 1, error: 0 } })
    expect(script.log.slice(-2)).toEqual(["completed", "outcome done"])
    expect(script.said()).toContainEqual({ complete: true })
  })

  test("is not drained when nothing is read at all: the writer waits", () => {
    const script = new ReaderScript().open()
    script.receive(chunkFrame(0, data, { lane: Lane.error }))
    for (let number = 1; number < 7; number++) script.receive(chunkFrame(number, data, { lane: Lane.error }))
    expect(codeOf(() => script.receive(chunkFrame(7, data, { lane: Lane.error })))).toBe("flow_control")
  })

  test("is not drained for an application that begins to read both lanes in one turn", () => {
    const script = new ReaderScript().open()
    for (let number = 0; number < 7; number++) script.receive(chunkFrame(number, data, { lane: Lane.error }))
    script.reader.touch(Lane.main)
    for (const number of [0, 1]) script.receive(number)
    script.reader.touch(Lane.error)
    script.settle().said()
    expect(script.reader.lane(Lane.error).ceiling).toBe(LIMITS.windowBytes.error)
    expect(script.takeAll(Lane.error).map((item) => item.type)).not.toContain("gap")
  })

  test("is drained again once the application has left it", () => {
    const script = new ReaderScript().open()
    script.reader.touch(Lane.main)
    script.reader.touch(Lane.error)
    script.reader.leave(Lane.error)
    script.settle()
    flood(script, Lane.error)
    expect(script.reader.lane(Lane.error).heldCost).toBeLessThanOrEqual(LIMITS.drainedTailBytes)
  })

  test("is kept by a host, not drained", () => {
    const script = new ReaderScript({ source: fromHost }).open()
    script.reader.touch(Lane.main)
    for (let number = 0; number < 7; number++) script.receive(chunkFrame(number, data, { lane: Lane.error }))
    expect(script.said().some((fields) => (fields.credit ?? 0) > LIMITS.windowBytes.error)).toBe(false)
  })
})

test("a reset leaves what arrived readable, and no timer", () => {
  const script = new ReaderScript().open().receive(0, 2)
  script.reader.reset(new BusError("connection_lost", "gone"))
  expect(script.errors.map(({ code }) => code)).toEqual(["connection_lost"])
  expect(script.takeAll(Lane.main)).toHaveLength(1)
  expect(script.clock.pendingTimers).toBe(0)
})
