import { MAX_CLOSE_REASON_BYTES } from "./close-code.ts"
import type { ConformanceContext, Sides } from "./conformance.ts"
import { codeThrownBy, fill, firstDifference, patternBytes } from "./conformance-delivery.ts"
import { ConnectionRecorder } from "./connection-recorder.ts"
import { messageBytes } from "./message.ts"

/** How a connection ends. */
export function closingConformance(context: ConformanceContext): void {
  const { expect, until, idle, linkTest, maxMessageBytes } = context
  const plain = () => ({})
  const bothClosed = (sides: Sides) =>
    until("both sides closed", () => sides.nearSeen.closes.length > 0 && sides.farSeen.closes.length > 0)

  linkTest("delivers all that was sent before close(), then closes both sides alike", plain, async (sides) => {
    const sent = Array.from({ length: 64 }, (_, i) => patternBytes(30_000, i))
    for (const message of sent) sides.near.send(message)
    sides.near.close(4001, "work is done")
    expect(sides.nearSeen.closes).toEqual([])
    await bothClosed(sides)
    await idle()
    expect(firstDifference(sides.farSeen.messages, sent)).toBe(-1)
    expect(sides.nearSeen.closes).toEqual([{ code: 4001, reason: "work is done" }])
    expect(sides.farSeen.closes).toEqual([{ code: 4001, reason: "work is done" }])
  })

  for (const [code, reason] of [
    [1000, ""],
    [1001, "going away"],
    [1002, "bad frame"],
    [3000, "own"],
  ] as const) {
    linkTest(`closes with code ${code} on both sides`, plain, async (sides) => {
      if (code === 1000) sides.near.close()
      else sides.near.close(code, reason)
      await bothClosed(sides)
      expect([...sides.nearSeen.closes, ...sides.farSeen.closes]).toEqual([
        { code, reason },
        { code, reason },
      ])
    })
  }

  linkTest("refuses a code that may not be sent, and stays open", plain, async (sides) => {
    const codes = [999, 1005, 1006, 1015, 2000, 4900, 5000, 1000.5, Number.NaN]
    expect(codes.map((code) => codeThrownBy(() => sides.near.close(code)))).toEqual(codes.map(() => "invalid_argument"))
    sides.near.send("still here")
    await until("it arrived", () => sides.farSeen.messages.length === 1)
  })

  linkTest("cuts a long reason between characters", plain, async (sides) => {
    sides.near.close(4000, "ü".repeat(100))
    await bothClosed(sides)
    const reason = sides.farSeen.closes[0]?.reason ?? ""
    expect(reason).toBe("ü".repeat(61))
    expect(messageBytes(reason)).toBe(MAX_CLOSE_REASON_BYTES - 1)
  })

  linkTest("closes once, however often and from whichever side", plain, async (sides) => {
    sides.near.close(4001, "near")
    sides.near.close(4002, "again")
    sides.far.close(4003, "far")
    await bothClosed(sides)
    sides.near.close()
    sides.near.terminate()
    await idle()
    expect(sides.nearSeen.closes).toEqual([{ code: 4001, reason: "near" }])
    expect(sides.farSeen.closes).toEqual([{ code: 4003, reason: "far" }])
  })

  linkTest("ignores what is sent once it is closing or closed", plain, async (sides) => {
    sides.near.send("before")
    sides.near.close()
    sides.near.send("closing")
    sides.near.send(new Uint8Array(maxMessageBytes + 1))
    await bothClosed(sides)
    sides.near.send("closed")
    sides.far.send("closed")
    await idle()
    expect(sides.farSeen.messages).toEqual(["before"])
    expect(sides.nearSeen.messages).toEqual([])
  })

  linkTest("delivers nothing after its own close()", plain, async (sides) => {
    for (let i = 0; i < 10; i++) sides.far.send("late")
    sides.near.close()
    await bothClosed(sides)
    expect(sides.nearSeen.messages).toEqual([])
  })

  linkTest("terminates at once here, and as connection_lost at the peer", plain, async (sides) => {
    sides.near.terminate()
    expect(sides.nearSeen.closes).toEqual([])
    sides.near.terminate()
    sides.near.close()
    sides.near.send("too late")
    await bothClosed(sides)
    await idle()
    expect(sides.nearSeen.closes.map((close) => [close.code, close.error])).toEqual([[1006, undefined]])
    expect(sides.farSeen.closes.map((close) => [close.code, close.error?.code])).toEqual([[1006, "connection_lost"]])
    expect(sides.farSeen.messages).toEqual([])
  })

  for (const first of ["terminate() alone", "terminate() after close()"]) {
    linkTest(`${first} ends a connection whose reader stands still`, plain, async (sides) => {
      sides.stall()
      await fill(context, sides.near)
      if (first === "terminate() after close()") sides.near.close()
      await idle()
      expect(sides.nearSeen.closes).toEqual([])
      sides.near.terminate()
      await until("it closed", () => sides.nearSeen.closes.length > 0)
      await idle()
      expect(sides.nearSeen.closes.map((close) => [close.code, close.error])).toEqual([[1006, undefined]])
      expect(sides.nearSeen.drains).toBe(0)
    })
  }

  const fault = new Error("the handler's own fault")
  for (const event of ["message", "drain"] as const) {
    const throwing = () => ({
      nearSeen: new ConnectionRecorder((seen) => {
        if (seen === event) throw fault
      }),
    })
    linkTest(`closes with 1011 when the handler of a ${event} throws, and tells it why`, throwing, async (sides) => {
      if (event === "drain") sides.stall()
      if (event === "drain") await fill(context, sides.near)
      sides.unstall()
      if (event === "message") for (let i = 0; i < 5; i++) sides.far.send("provoke")
      await bothClosed(sides)
      await idle()
      expect(sides.nearSeen.messages.length + sides.nearSeen.drains).toBe(1)
      expect(sides.nearSeen.closes.length).toBe(1)
      expect(sides.nearSeen.closes[0]).toMatchObject({ code: 1011, error: { code: "internal", cause: fault } })
      expect(sides.farSeen.closes).toEqual([{ code: 1011, reason: "internal error" }])
    })
  }

  linkTest(
    "survives a handler that throws as it is told of the end",
    () => ({
      nearSeen: new ConnectionRecorder((seen) => {
        if (seen === "close") throw fault
      }),
    }),
    async (sides) => {
      sides.far.close(4000)
      await bothClosed(sides)
      await idle()
      expect(sides.nearSeen.closes).toEqual([{ code: 4000, reason: "" }])
    },
  )
}
