import { StreamKind } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { WriterScript } from "./writer-script.ts"

const SUSPENDED = { suspended: 120_000 }

describe("a peer that stays away", () => {
  test("asks for nothing unless the stream may be abandoned", () => {
    const script = new WriterScript({ windowMs: 120_000 }).attach().open().hear(SUSPENDED)
    script.clock.advance(100_000)
    expect(script.log).toEqual(["open", "suspended"])
  })

  test("is waited for so long, then the owner is told to stop, once", () => {
    const script = new WriterScript({ windowMs: 120_000, abandonMs: 5_000 }).attach().open().hear(SUSPENDED)
    script.clock.advance(4_999)
    script.hear({ verdict: { verdict: "wait" } })
    expect(script.log).toEqual(["open", "suspended"])
    script.clock.advance(1)
    script.open().hear(SUSPENDED, { cancel: { reason: "enough" } })
    script.clock.advance(60_000)
    expect(script.log).toEqual(["open", "suspended", "cancelled abandoned", "resumed", "suspended"])
  })

  test("is not missed while the own connection is away, nor before it was ever there", () => {
    const script = new WriterScript({ windowMs: 120_000, abandonMs: 5_000 }).attach()
    script.hear({ verdict: { verdict: "wait" } })
    script.clock.advance(60_000)
    script.open().hear(SUSPENDED)
    script.writer.detach()
    script.clock.advance(60_000)
    expect(script.log).toEqual(["waiting", "open", "suspended"])
  })
})

test("a START states the time only where a host is to watch", () => {
  const hosted = { kind: StreamKind.hosted, epoch: 0 }
  expect(new WriterScript({ ...hosted, abandonMs: 5_000 }).attach().lastStart.abandonMs).toBe(5_000)
  expect(new WriterScript({ abandonMs: 5_000 }).attach().lastStart.abandonMs).toBeUndefined()
})
