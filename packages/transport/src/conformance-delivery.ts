import type { ConformanceContext } from "./conformance.ts"
import { type Connection, HIGH_WATER, type Message } from "./connection.ts"
import { ConnectionRecorder } from "./connection-recorder.ts"

/** Bytes that differ by place and by `seed`, so that a mix-up shows. */
export function patternBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >>> 8) * 7 + seed * 17) & 0xff
  return bytes
}

/** Index of the first message that differs, -1 if none does; quicker than a deep comparison of megabytes. */
export function firstDifference(actual: readonly Message[], expected: readonly Message[]): number {
  const length = Math.max(actual.length, expected.length)
  for (let i = 0; i < length; i++) if (!sameMessage(actual[i], expected[i])) return i
  return -1
}

function sameMessage(a: Message | undefined, b: Message | undefined): boolean {
  if (a === undefined || b === undefined || typeof a === "string" || typeof b === "string") return a === b
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** A stalled link in memory fills at once; a socket only when the system's buffers have: some MiB. */
const MAX_FILLING_MESSAGES = 256

/** Sends on a stalled link until it stays full. */
export async function fill({ maxMessageBytes, idle }: ConformanceContext, connection: Connection): Promise<Message[]> {
  const sent: Message[] = []
  while (sent.length < MAX_FILLING_MESSAGES) {
    const message = patternBytes(Math.min(maxMessageBytes, 1_048_576), sent.length)
    connection.send(message)
    sent.push(message)
    if (connection.undrainedBytes < HIGH_WATER) continue
    await idle()
    if (connection.undrainedBytes >= HIGH_WATER) return sent
  }
  throw new Error("a stalled link never filled")
}

/** What is delivered, how, and when the sender is told to wait. */
export function deliveryConformance(context: ConformanceContext): void {
  const { expect, until, idle, linkTest, maxMessageBytes } = context
  const plain = () => ({})

  linkTest("delivers messages of any size in the order of sending, both ways at once", plain, async (sides) => {
    const sent = Array.from({ length: 200 }, (_, i) => patternBytes((i * i * 7) % 9_000, i))
    const answers = Array.from({ length: 200 }, (_, i) => patternBytes((i * i * 11) % 9_000, i + 1_000))
    for (let i = 0; i < sent.length; i++) {
      sides.near.send(sent[i] ?? "")
      sides.far.send(answers[i] ?? "")
    }
    await until("all arrived", () => sides.farSeen.messages.length >= 200 && sides.nearSeen.messages.length >= 200)
    expect(firstDifference(sides.farSeen.messages, sent)).toBe(-1)
    expect(firstDifference(sides.nearSeen.messages, answers)).toBe(-1)
  })

  linkTest("keeps text as text, binary as plain Uint8Array, and empty messages", plain, async (sides) => {
    const sent: Message[] = ["plain", "grüße, 你好, 𝄞", "", new Uint8Array(0), Uint8Array.of(0, 255), "last"]
    for (const message of sent) sides.near.send(message)
    await until("all arrived", () => sides.farSeen.messages.length >= sent.length)
    expect(firstDifference(sides.farSeen.messages, sent)).toBe(-1)
    const binary = sides.farSeen.messages.filter((message) => typeof message !== "string")
    expect(binary.map((message) => message.constructor === Uint8Array)).toEqual([true, true])
  })

  linkTest("sends a part of a larger buffer as that part", plain, async (sides) => {
    const whole = patternBytes(1_000, 1)
    sides.near.send(whole.subarray(100, 300))
    await until("it arrived", () => sides.farSeen.messages.length > 0)
    expect(firstDifference(sides.farSeen.messages, [whole.slice(100, 300)])).toBe(-1)
  })

  linkTest("carries a message of exactly the limit", plain, async (sides) => {
    const sent = [patternBytes(maxMessageBytes, 3), "x".repeat(maxMessageBytes)]
    for (const message of sent) sides.near.send(message)
    await until("both arrived", () => sides.farSeen.messages.length >= 2)
    expect(firstDifference(sides.farSeen.messages, sent)).toBe(-1)
  })

  linkTest("refuses a message over the limit with too_large, and carries on", plain, async (sides) => {
    const tooLong = [new Uint8Array(maxMessageBytes + 1), "é".repeat(maxMessageBytes / 2 + 1)]
    expect(tooLong.map((message) => codeThrownBy(() => sides.near.send(message)))).toEqual(["too_large", "too_large"])
    sides.near.send("after")
    await until("the next arrived", () => sides.farSeen.messages.length > 0)
    await idle()
    expect(sides.farSeen.messages).toEqual(["after"])
  })

  linkTest("never reuses the buffer of a message that was delivered", plain, async (sides) => {
    const sent: Message[] = []
    for (let round = 0; round < 40; round++) {
      const message = patternBytes(1_000 + round * 997, round)
      sent.push(message)
      sides.near.send(message)
      await until("it arrived", () => sides.farSeen.messages.length > round)
    }
    expect(firstDifference(sides.farSeen.messages, sent)).toBe(-1)
  })

  linkTest(
    "counts undrained bytes while the reader stands still, and tells once when it drained",
    plain,
    async (sides) => {
      expect(sides.near.undrainedBytes).toBe(0)
      sides.stall()
      const sent = await fill(context, sides.near)
      expect(sides.near.undrainedBytes).toBeGreaterThanOrEqual(HIGH_WATER)
      expect(sides.nearSeen.drains).toBe(0)
      sides.unstall()
      await until("it drained", () => sides.nearSeen.drains > 0 && sides.near.undrainedBytes === 0)
      await until("all arrived", () => sides.farSeen.messages.length >= sent.length)
      await idle()
      expect(sides.nearSeen.drains).toBe(1)
      expect(firstDifference(sides.farSeen.messages, sent)).toBe(-1)
    },
  )

  linkTest("tells of every drain, not only of the first", plain, async (sides) => {
    for (let round = 1; round <= 3; round++) {
      sides.stall()
      await fill(context, sides.near)
      sides.unstall()
      await until(`it drained ${round} times`, () => sides.nearSeen.drains === round)
    }
  })

  linkTest("says nothing of a drain to whom never filled it", plain, async (sides) => {
    for (let i = 0; i < 100; i++) sides.near.send(patternBytes(100, i))
    await until("all arrived", () => sides.farSeen.messages.length === 100)
    await until("nothing is undrained", () => sides.near.undrainedBytes === 0)
    await idle()
    expect(sides.nearSeen.drains).toBe(0)
  })

  const early = new ConnectionRecorder()
  const seenInsideStart: number[] = []
  linkTest(
    "delivers nothing before start() returned, and loses nothing sent before",
    () => ({
      nearSeen: early,
      onNear: (connection) => {
        connection.start(early)
        seenInsideStart.push(early.messages.length)
      },
      onFar: (connection) => {
        for (const text of ["sent", "at", "once"]) connection.send(text)
        connection.start(new ConnectionRecorder())
      },
    }),
    async () => {
      await until("all arrived", () => early.messages.length >= 3)
      expect(early.messages).toEqual(["sent", "at", "once"])
      expect(seenInsideStart).toEqual([0])
    },
  )

  linkTest("refuses a second start() with invalid_state", plain, async (sides) => {
    expect(codeThrownBy(() => sides.near.start(new ConnectionRecorder()))).toBe("invalid_state")
  })
}

/** Code of the BusError that `call` throws; undefined if it throws none. */
export function codeThrownBy(call: () => void): unknown {
  try {
    call()
    return undefined
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}
