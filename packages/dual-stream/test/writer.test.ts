import { BusError, Lane, StreamKind } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { codeOf } from "./error-code.ts"
import { bytesOf, chunkFrame } from "./frames.ts"
import { ScriptedCarrier } from "./scripted-carrier.ts"
import { WriterScript } from "./writer-script.ts"

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

  test("does not claim to resume what was never taken", () => {
    const script = new WriterScript().attach().reconnect()
    expect(script.lastStart.resume).toBeUndefined()
    script.open().reconnect()
    expect(script.lastStart.resume).toBe(true)
  })

  test("until it is answered repeats START and what came early, and states nothing beside", () => {
    const script = new WriterScript().attach()
    script.writer.write(Lane.main, bytesOf(10), 0)
    const sentAt: number[] = []
    for (let ms = 0; ms < 1_000; ms += 50) {
      const { numbers, controls } = script.carrier.pull()
      if (numbers.length > 0) sentAt.push(ms)
      expect(controls).toEqual([])
      script.clock.advance(50)
    }
    expect(sentAt).toEqual([0, 200, 600])
    script.open().open()
    expect(script.log).toEqual(["open"])
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

  test("is expected of an answer from its first START on: whoever does not know it must not take it", () => {
    const starts = [true, false].map((isAnswer) => new WriterScript({ isAnswer }).attach().lastStart.resume)
    expect(starts).toEqual([true, undefined])
  })

  test("unknown twice, as the resumption was repeated, makes a hosted stream begin anew once", () => {
    const script = new WriterScript({ kind: StreamKind.hosted, epoch: 0 })
    script.attach().hear({ open: true, epoch: 7 }).reconnect()
    script.clock.advance(200)
    const unknown = { verdict: { verdict: "unknown" } }
    script.hear(unknown, unknown)
    expect(script.errors).toEqual([])
    expect(script.carrier.starts.map(({ epoch }) => epoch)).toEqual([7, 7, 0])
    expect(script.hear({ open: true, epoch: 8 }).writer.epoch).toBe(8)
  })

  test("unknown makes a hosted stream begin anew from what is held", () => {
    const script = new WriterScript({ kind: StreamKind.hosted, epoch: 0 }).attach()
    script.hear({ open: true, epoch: 7, incarnation: bytesOf(8) }, { lane: Lane.main, credit: 1_000_000 })
    for (let i = 0; i < 4; i++) script.writer.write(Lane.main, bytesOf(10_000, i), 0)
    script.carrier.pull()
    script.hear({ lane: Lane.main, cum: 2 })
    script.reconnect().hear({ verdict: { verdict: "unknown" } })
    expect(script.carrier.starts.map(({ epoch }) => epoch)).toEqual([7, 0])
    expect(script.lastStart).toMatchObject({ mainFirst: 2 })
    expect(script.lastStart.resume).toBeUndefined()
    expect(script.lastStart.incarnation).toBeUndefined()
    expect(script.carrier.pull().numbers).toEqual([])
    // The new host counts credit from the first chunk that it is given.
    script.hear({ open: true, epoch: 8 }, { lane: Lane.main, cum: 2, credit: 20_127 })
    expect(script.carrier.pull().numbers).toEqual([2])
    script.hear({ lane: Lane.main, cum: 3, credit: 20_128 })
    expect(script.carrier.pull().numbers).toEqual([3])
    expect(script.writer.state).toBe("open")
  })

  test("unknown, and taken by the host of before after all, goes on where that is, by its count of credit", () => {
    const script = new WriterScript({ kind: StreamKind.hosted, epoch: 0 }).attach()
    const open = { open: true, epoch: 7, incarnation: bytesOf(8) } as const
    script.hear(open, { lane: Lane.main, credit: 4 * 10_064 })
    for (let i = 0; i < 4; i++) script.writer.write(Lane.main, bytesOf(10_000, i), 0)
    script.carrier.pull()
    script.hear({ lane: Lane.main, cum: 2 })
    script.reconnect().hear({ verdict: { verdict: "unknown" } })
    for (let i = 4; i < 6; i++) script.writer.write(Lane.main, bytesOf(10_000, i), 0)
    script.hear(open, { lane: Lane.main, cum: 3, credit: 5 * 10_064 })
    expect(script.carrier.pull().numbers).toEqual([3, 4])
    script.hear({ lane: Lane.main, credit: 6 * 10_064 })
    expect(script.carrier.pull().numbers).toEqual([5])
    expect(script.errors).toEqual([])
  })

  test("unknown, and complete at the host of before, which had been sent everything: the stream is complete", () => {
    const script = new WriterScript({ kind: StreamKind.hosted, epoch: 0 }).attach()
    script.hear({ open: true, epoch: 7, incarnation: bytesOf(8) }, { lane: Lane.main, credit: 1_000_000 })
    for (let i = 0; i < 3; i++) script.writer.write(Lane.main, bytesOf(10, i), 0)
    script.writer.finish({ status: "done" })
    script.carrier.pull()
    script.hear({ lane: Lane.main, cum: 1 })
    script.reconnect().hear({ verdict: { verdict: "unknown" } }, { open: true, epoch: 8 })
    script.reconnect().hear({ complete: true })
    expect([script.errors, script.writer.state]).toEqual([[], "complete"])
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

  test("wait suspends an answer too: its peer was there, and may be gone for good", () => {
    const script = new WriterScript({ isAnswer: true, windowMs: 10_000 }).attach()
    script.hear({ verdict: { verdict: "wait" } })
    expect(script.writer.suspended).toBe(true)
    script.hear({ verdict: { verdict: "retry" } }).open()
    expect(script.log).toEqual(["suspended", "resumed", "open"])
    script.hear({ suspended: 5_000 })
    script.clock.advance(5_000)
    expect(script.writer.error?.code).toBe("peer_lost")
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

  test("is over with the reader's answer: what it lacks is sent again at once, and the outcome stated", () => {
    const script = new WriterScript().attach().open()
    for (let i = 0; i < 3; i++) script.writer.write(Lane.main, bytesOf(10, i), 0)
    script.writer.finish({ status: "done" })
    script.carrier.pull()
    script.reconnect()
    expect(script.carrier.pull().written).toEqual([])
    script.hear({ open: true, epoch: 5 }, { lane: Lane.main, cum: 1, ack: [[2, 2]], credit: 1_000_000 })
    const output = script.carrier.pull()
    expect(output.numbers).toEqual([1, 3])
    expect(output.controls).toEqual([{ outcome: { status: "done", main: 4, error: 0 } }])
  })

  test("takes back a statement that was due on the lost connection", () => {
    const script = new WriterScript().attach().open()
    script.writer.write(Lane.main, bytesOf(10), 0)
    script.carrier.pull()
    script.clock.advance(200)
    script.reconnect().open()
    script.writer.finish({ status: "done" })
    expect(script.carrier.pull().controls).toEqual([{ outcome: { status: "done", main: 2, error: 0 } }])
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

test("takes no chunks", () => {
  const script = new WriterScript().attach().open()
  expect(codeOf(() => script.writer.frame(chunkFrame(0, bytesOf(1))))).toBe("protocol")
  script.writer.endRun()
})
