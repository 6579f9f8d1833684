import { ChunkFlag, chunkCost, HopFlag, Lane, LIMITS } from "@luxbus/packet"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { maxChunkBytes, SendLane } from "../src/send-lane.ts"
import { testHash } from "../src/testing.ts"
import { codeOf } from "./error-code.ts"
import { bytesOf, RecordingOutput } from "./frames.ts"

/** A lane with chunks of 36 bytes: each costs 100. */
function laneOf(chunks: number, ceiling = 1_000_000): SendLane {
  const lane = new SendLane(Lane.main, testHash, ceiling)
  for (let i = 0; i < chunks; i++) lane.append(bytesOf(36, i), 0)
  return lane
}

function sent(lane: SendLane, room?: number): number[] {
  const output = new RecordingOutput(room)
  lane.pull(output)
  return output.numbers
}

test("knows the first chunk of the message that its first held one goes on with", () => {
  const lane = new SendLane(Lane.main, testHash, 1_000_000)
  for (const flags of [0, ChunkFlag.more, ChunkFlag.more, 0, ChunkFlag.more]) lane.append(bytesOf(36), flags)
  sent(lane)
  const places = [0, 1, 2, 3, 4, 5].map((cum) => {
    lane.state({ cum })
    return lane.firstMessage
  })
  expect(places).toEqual([0, 1, 1, 1, 4, 4])
})

describe("credit", () => {
  test("lets a chunk go whose cost reaches the ceiling exactly, and holds one that exceeds it by one", () => {
    expect(sent(laneOf(3, 200))).toEqual([0, 1])
    expect(sent(laneOf(3, 199))).toEqual([0])
  })

  test("goes on as far as a raised ceiling reaches; the highest statement wins", () => {
    const lane = laneOf(5, 100)
    sent(lane)
    expect(lane.state({ credit: 300 })).toBe(true)
    expect(lane.state({ credit: 200 })).toBe(false)
    expect(sent(lane)).toEqual([1, 2])
  })

  test("is blocked exactly while a written chunk waits for credit", () => {
    const lane = laneOf(2, 100)
    expect(lane.blocked).toBe(false)
    sent(lane)
    expect(lane.blocked).toBe(true)
    lane.state({ credit: 200 })
    expect(lane.blocked).toBe(false)
  })

  test("sends again without credit", () => {
    const lane = laneOf(2, 200)
    sent(lane)
    lane.rewind()
    expect(sent(lane)).toEqual([0, 1])
    expect(lane.repeatedBytes).toBe(72)
  })

  test("is told how much is held", () => {
    const lane = laneOf(3)
    sent(lane)
    expect(lane.heldCost).toBe(300)
    lane.state({ cum: 2 })
    expect(lane.heldCost).toBe(100)
  })
})

describe("acknowledgement", () => {
  test("of what was never sent is a protocol error, even where it was written", () => {
    const lane = laneOf(3, 200)
    sent(lane)
    expect(codeOf(() => lane.state({ cum: 3 }))).toBe("protocol")
    expect(codeOf(() => lane.state({ cum: 0, ack: [[2, 2]] }))).toBe("protocol")
    expect(codeOf(() => lane.state({ cum: 2 }))).toBeUndefined()
    expect(lane.acknowledged).toBe(false)
  })

  test("is ignored where it is older than what is known", () => {
    const lane = laneOf(3)
    sent(lane)
    lane.state({ cum: 2 })
    expect(lane.state({ cum: 1, ack: [[1, 1]], missing: [[0, 1]] })).toBe(false)
    expect(lane.first).toBe(2)
    expect(lane.ready).toBe(false)
  })

  test("above cum frees nothing: a reader that lost its memory may ask again", () => {
    const lane = laneOf(3)
    sent(lane)
    expect(lane.state({ cum: 0, ack: [[1, 2]] })).toBe(true)
    expect(lane.state({ cum: 0, ack: [[1, 2]] })).toBe(false)
    expect(lane.heldCost).toBe(300)
  })
})

describe("repair", () => {
  test("sends what is missing before anything new, marked as repeated", () => {
    const lane = laneOf(4)
    sent(lane, 3)
    lane.state({ cum: 0, missing: [[0, 1]] })
    const output = new RecordingOutput()
    lane.pull(output)
    expect(output.numbers).toEqual([0, 1, 3])
    expect(output.written.map((frame) => frame.hop)).toEqual([HopFlag.retransmit, HopFlag.retransmit, 0])
  })

  test("serves a range once per asking, and again when asked again", () => {
    const lane = laneOf(2)
    sent(lane)
    lane.state({ missing: [[0, 0]] })
    lane.state({ missing: [[0, 0]] })
    expect(sent(lane)).toEqual([0])
    expect(sent(lane)).toEqual([])
    lane.state({ missing: [[0, 0]] })
    expect(sent(lane)).toEqual([0])
  })

  test("is not taken back by an acknowledgement of what lies below", () => {
    const lane = laneOf(3)
    sent(lane)
    lane.state({ missing: [[1, 2]] })
    lane.state({ cum: 1 })
    expect(sent(lane)).toEqual([1, 2])
  })

  test("does not send what was not sent yet, nor what has arrived", () => {
    const lane = laneOf(4, 300)
    sent(lane)
    lane.state({ cum: 0, ack: [[1, 1]], missing: [[0, 3]] })
    expect(sent(lane)).toEqual([0, 2])
  })

  test("goes on where there was no more room", () => {
    const lane = laneOf(3)
    sent(lane)
    lane.state({ missing: [[0, 2]] })
    expect(sent(lane, 2)).toEqual([0, 1])
    expect(lane.ready).toBe(true)
    expect(sent(lane)).toEqual([2])
  })
})

describe("rewind", () => {
  test("sends everything above cum again but what has arrived, then goes on", () => {
    const lane = laneOf(5)
    sent(lane, 4)
    lane.state({ cum: 1, ack: [[2, 2]] })
    lane.rewind()
    expect(lane.sentNext).toBe(1)
    expect(sent(lane)).toEqual([1, 3, 4])
    expect(lane.repeatedBytes).toBe(72)
  })

  test("forgets what was asked for: it is sent in its turn, once", () => {
    const lane = laneOf(3)
    sent(lane)
    lane.state({ missing: [[0, 1]] })
    lane.rewind()
    expect(sent(lane)).toEqual([0, 1, 2])
  })

  test("leaves out what an older statement names above its cum", () => {
    const lane = laneOf(3)
    sent(lane)
    lane.state({ cum: 1 })
    lane.state({ cum: 0, ack: [[1, 1]] })
    lane.rewind()
    expect(sent(lane)).toEqual([2])
  })

  test("leaves out what the reader states after it", () => {
    const lane = laneOf(3)
    sent(lane)
    lane.rewind()
    lane.state({ cum: 2 })
    expect(sent(lane)).toEqual([2])
  })

  test("does not send twice what is asked for and about to be sent anyway", () => {
    const lane = laneOf(3)
    sent(lane)
    lane.rewind()
    lane.state({ cum: 0, missing: [[0, 2]] })
    expect(sent(lane)).toEqual([0, 1, 2])
  })
})

describe("a new epoch", () => {
  test("begins at the first number that is held and counts credit from there", () => {
    const lane = laneOf(6, 100_000)
    sent(lane, 4)
    lane.state({ cum: 2, ack: [[3, 3]], credit: 200_000 })
    lane.restart()
    lane.state({ credit: 100 })
    expect(codeOf(() => lane.state({ cum: 4 }))).toBe("protocol")
    expect(sent(lane)).toEqual([2, 3, 4, 5])
    lane.rewind()
    expect(sent(lane)).toEqual([2, 3, 4, 5])
  })

  test("does not go beyond the new reader's ceiling on the old one's word", () => {
    const lane = new SendLane(Lane.main, testHash, 100)
    for (let i = 0; i < 8; i++) lane.append(bytesOf(36, i), 0)
    lane.state({ credit: 800 })
    sent(lane)
    lane.state({ cum: 4 })
    lane.restart()
    expect(sent(lane)).toEqual([4])
    lane.state({ credit: 300 })
    expect(sent(lane)).toEqual([5, 6])
  })

  test("of a lane that holds nothing counts from its end", () => {
    const lane = laneOf(2)
    sent(lane)
    lane.state({ cum: 2 })
    lane.restart()
    lane.append(bytesOf(36), 0)
    lane.state({ credit: 100 })
    expect(sent(lane)).toEqual([2])
  })
})

describe("END", () => {
  test("bears the lane's bytes and digest, and is the last number", () => {
    const lane = laneOf(2)
    lane.end()
    const output = new RecordingOutput()
    lane.pull(output)
    const hash = testHash()
    hash.update(bytesOf(36, 0))
    hash.update(bytesOf(36, 1))
    expect(output.written.at(-1)).toMatchObject({
      type: "end",
      number: 2,
      fields: { total: 72, sha256: hash.digest() },
    })
    expect(lane.next).toBe(3)
  })

  test("bears no digest on a lane of one chunk, and is left out on a lane that was never used", () => {
    const lane = laneOf(1)
    lane.end()
    const output = new RecordingOutput()
    lane.pull(output)
    expect(output.written.at(-1)?.fields).toEqual({ total: 36 })
    const unused = laneOf(0)
    unused.end()
    expect(unused.next).toBe(0)
    expect(sent(unused)).toEqual([])
  })

  test("lets nothing follow", () => {
    const lane = laneOf(1)
    lane.end()
    lane.end()
    expect(lane.next).toBe(2)
    expect(codeOf(() => lane.append(bytesOf(1), 0))).toBe("invalid_state")
  })
})

test("refuses a chunk of more than half the reader's window, which could never be sent", () => {
  for (const lane of [Lane.main, Lane.error] as const) {
    const sendLane = new SendLane(lane, testHash, 0)
    const limit = maxChunkBytes(lane)
    expect(chunkCost(limit)).toBeLessThanOrEqual(LIMITS.windowBytes[lane === Lane.main ? "main" : "error"] / 2)
    sendLane.append(new Uint8Array(limit), 0)
    expect(codeOf(() => sendLane.append(new Uint8Array(limit + 1), 0))).toBe("too_large")
  }
  expect(maxChunkBytes(Lane.error)).toBe(32 * 1024 - 64)
})

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("append" as const), bytes: fc.nat({ max: 200 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("pull" as const), room: fc.nat({ max: 5 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("credit" as const), more: fc.nat({ max: 600 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("cum" as const), ratio: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rewind" as const) }) },
)

test("equals a naive list of chunks after any appends, pulls, grants, acknowledgements and rewinds", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const lane = new SendLane(Lane.main, testHash, 300)
      const costs: number[] = []
      const everSent = new Set<number>()
      const sumBelow = (n: number) => costs.slice(0, n).reduce((a, b) => a + b, 0)
      let ceiling = 300
      let cum = 0
      let cursor = 0
      for (const action of steps) {
        if (action.kind === "append") {
          lane.append(new Uint8Array(action.bytes), 0)
          costs.push(action.bytes + 64)
        } else if (action.kind === "pull") {
          const expected: number[] = []
          while (expected.length < action.room && cursor < costs.length) {
            if (!everSent.has(cursor) && sumBelow(cursor + 1) > ceiling) break
            everSent.add(cursor)
            expected.push(cursor++)
          }
          expect(sent(lane, action.room)).toEqual(expected)
        } else if (action.kind === "credit") {
          ceiling += action.more
          lane.state({ credit: ceiling })
        } else if (action.kind === "cum") {
          cum = Math.max(cum, Math.floor(action.ratio * everSent.size))
          cursor = Math.max(cursor, cum)
          lane.state({ cum })
        } else {
          cursor = cum
          lane.rewind()
        }
        expect(lane.heldCost).toBe(sumBelow(costs.length) - sumBelow(cum))
        expect(lane.blocked).toBe(everSent.size < costs.length && sumBelow(everSent.size + 1) > ceiling)
        expect(lane.acknowledged).toBe(cum === costs.length)
      }
    }),
  )
})
