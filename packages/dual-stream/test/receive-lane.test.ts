import { Lane } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { fromPeer } from "../src/from-peer.ts"
import { ReceiveLane } from "../src/receive-lane.ts"
import { testHash } from "../src/testing.ts"
import { codeOf } from "./error-code.ts"
import { bytesOf, chunkFrame, endFrame } from "./frames.ts"
import { DATA, gapAt, laneOf, numbersOf, receive, takeAll, WINDOW } from "./lane-script.ts"

function digestOf(...parts: Uint8Array[]): Uint8Array {
  const hash = testHash()
  for (const part of parts) hash.update(part)
  return hash.digest()
}

test("knows whether it begins inside of a message", () => {
  const laneAt = (first: number, message?: number) =>
    new ReceiveLane(Lane.main, testHash, { source: fromPeer, first, ...(message !== undefined && { message }) })
  expect([laneAt(0), laneAt(5), laneAt(5, 5), laneAt(5, 3)].map((lane) => lane.beginsInside)).toEqual([
    false,
    false,
    false,
    true,
  ])
})

describe("order", () => {
  test("hands chunks on in order and once, whatever the order of arrival", () => {
    const lane = laneOf()
    expect(receive(lane, 0, 2, 3, 2, 1, 1, 0)).toEqual([
      "ready",
      "hole",
      "hole",
      "nothing",
      "ready",
      "nothing",
      "nothing",
    ])
    expect(numbersOf(takeAll(lane))).toEqual([0, 1, 2, 3])
    expect(lane.cum).toBe(4)
    expect(lane.heldCost).toBe(0)
  })

  test("names its holes and what lies above them", () => {
    const lane = laneOf()
    receive(lane, 0, 2, 5)
    expect(lane.missing()).toEqual([
      [1, 1],
      [3, 4],
    ])
    expect(lane.ranges()).toEqual([
      [2, 2],
      [5, 5],
    ])
    lane.stateNext(8)
    expect(lane.missing().at(-1)).toEqual([6, 7])
  })

  test("gives the position of the next item: the application's place", () => {
    const lane = laneOf({ first: 7 })
    expect(lane.position).toBe(7)
    receive(lane, 7, 8)
    expect(lane.position).toBe(7)
    lane.take()
    expect(lane.position).toBe(8)
    lane.take()
    expect(lane.position).toBe(9)
  })

  test("gives back the places of what was taken, though the queue is never empty", () => {
    const lane = laneOf({ windowBytes: 1_000_000 })
    receive(lane, 0)
    for (let number = 1; number < 500; number++) {
      receive(lane, number)
      expect(lane.take()).toMatchObject({ number: number - 1 })
    }
    expect(numbersOf(takeAll(lane))).toEqual([499])
  })
})

describe("credit", () => {
  test("takes what reaches the ceiling exactly and resets beyond it, in order or ahead", () => {
    const lane = laneOf()
    receive(lane, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
    expect(codeOf(() => receive(lane, 10))).toBe("flow_control")
    const ahead = laneOf()
    receive(ahead, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
    expect(codeOf(() => receive(ahead, 0))).toBe("flow_control")
  })

  test("resets at a chunk of more than half its window, for which credit may never be renewed", () => {
    const half = WINDOW / 2 - 64
    expect(laneOf().receive(chunkFrame(0, bytesOf(half)))).toBe("ready")
    expect(codeOf(() => laneOf().receive(chunkFrame(0, bytesOf(half + 1))))).toBe("flow_control")
  })

  test("counts a repeated chunk once", () => {
    const lane = laneOf()
    for (let i = 0; i < 20; i++) receive(lane, 0, 2)
    expect(lane.heldCost).toBe(200)
  })

  test("is renewed at half of the window, not before", () => {
    const lane = laneOf()
    receive(lane, 0, 1, 2, 3, 4)
    for (let i = 0; i < 4; i++) lane.take()
    expect(lane.renew()).toBe(false)
    expect(lane.ceiling).toBe(1_000)
    lane.take()
    expect(lane.renew()).toBe(true)
    expect(lane.ceiling).toBe(1_500)
    expect(lane.renew()).toBe(false)
  })

  test("is not renewed one byte short of half", () => {
    const lane = laneOf()
    lane.receive(chunkFrame(0, bytesOf(499 - 64)))
    lane.take()
    expect(lane.renew()).toBe(false)
    const other = laneOf()
    other.receive(chunkFrame(0, bytesOf(500 - 64)))
    other.take()
    expect(other.renew()).toBe(true)
  })

  test("follows what was taken at once where a new attachment states it", () => {
    const lane = laneOf()
    receive(lane, 0)
    lane.take()
    lane.renewNow()
    expect(lane.ceiling).toBe(1_100)
  })

  test("counts from the attachment where it starts anew, less what is still held", () => {
    const lane = laneOf({ windowBytes: 600 })
    receive(lane, 0, 1, 2)
    lane.take()
    lane.restartCredit()
    expect(lane.ceiling).toBe(400)
    receive(lane, 3, 4, 5, 6)
    expect(codeOf(() => receive(lane, 7))).toBe("flow_control")
  })
})

describe("gaps", () => {
  test("are seen in their place: after what arrived before, ahead of what comes later", () => {
    const lane = laneOf()
    receive(lane, 0, 1, 6)
    lane.skip(gapAt(5, { ranges: [[2, 4]], message: 4 }))
    receive(lane, 5)
    const items = takeAll(lane)
    expect(numbersOf(items)).toEqual([0, 1, "gap", 5, 6])
    expect(items[2]).toEqual({ type: "gap", lane: "main", ranges: [[2, 4]], first: 5, message: 4, reason: "evicted" })
  })

  test("are not passed by the position until they are seen: who goes on from there hears of them", () => {
    const lane = laneOf()
    receive(lane, 0)
    lane.skip(gapAt(5, { ranges: [[1, 4]] }), undefined)
    receive(lane, 5)
    const positions = [lane.position]
    for (let n = 0; n < 3; n++) {
      lane.take()
      positions.push(lane.position)
    }
    expect(positions).toEqual([0, 1, 5, 6])
  })

  test("below what has arrived are not seen, but credit counts from what they state", () => {
    const lane = new ReceiveLane(Lane.main, testHash, { source: fromPeer, first: 2, windowBytes: WINDOW })
    lane.skip(gapAt(2), 5_000)
    lane.renewNow()
    receive(lane, 2)
    lane.skip(gapAt(2), 5_000)
    expect(numbersOf(takeAll(lane))).toEqual([2])
    lane.renewNow()
    expect(lane.ceiling).toBe(5_100 + WINDOW)
  })

  test("that lie ahead are seen behind what is still on its way, which credit counts once", () => {
    const lane = laneOf()
    receive(lane, 0)
    lane.skip(gapAt(5, { ranges: [[2, 4]] }), 500)
    receive(lane, 5)
    expect([numbersOf(takeAll(lane)), lane.cum, lane.missing()]).toEqual([[0], 1, [[1, 1]]])
    receive(lane, 1)
    const items = takeAll(lane)
    expect(numbersOf(items)).toEqual([1, "gap", 5])
    expect(items[1]).toMatchObject({ ranges: [[2, 4]], first: 5 })
    lane.renewNow()
    expect(lane.ceiling).toBe(600 + WINDOW)
  })

  test("say what is missing, not what has arrived of it", () => {
    const lane = laneOf()
    receive(lane, 0, 1, 2)
    lane.skip(gapAt(5), 500)
    expect(takeAll(lane).at(-1)).toMatchObject({ type: "gap", ranges: [[3, 4]], first: 5 })
  })

  test("move the count of credit to what they state, and give back what was held below", () => {
    const lane = laneOf()
    receive(lane, 0, 2, 3, 8)
    lane.skip(gapAt(7), 5_000)
    expect(lane.heldCost).toBe(200)
    lane.renewNow()
    expect(lane.ceiling).toBe(5_000 - 100 + WINDOW)
    receive(lane, 7)
    takeAll(lane)
    lane.renewNow()
    expect(lane.ceiling).toBe(5_200 + WINDOW)
  })

  test("that state no sum count what had arrived", () => {
    const lane = laneOf()
    receive(lane, 1)
    lane.skip(gapAt(2), undefined)
    lane.renewNow()
    expect(lane.ceiling).toBe(100 + WINDOW)
  })

  test("with impossible numbers are a protocol error", () => {
    expect(codeOf(() => laneOf().skip(gapAt(Number.MAX_SAFE_INTEGER), 0))).toBe("protocol")
    expect(codeOf(() => laneOf().skip(gapAt(5), Number.MAX_SAFE_INTEGER))).toBe("protocol")
    expect(codeOf(() => laneOf().receive(chunkFrame(Number.MAX_SAFE_INTEGER, DATA)))).toBe("protocol")
  })

  test("leave the digest unchecked, and say so", () => {
    const lane = laneOf()
    lane.skip(gapAt(2), 200)
    lane.receive(endFrame(2, new Uint8Array(0), { fields: { total: 1, sha256: new Uint8Array(32) } }))
    expect(takeAll(lane).at(-1)).toMatchObject({ type: "end", verified: false })
  })
})

describe("END", () => {
  const fields = { total: 72, sha256: digestOf(DATA, DATA) }

  test("is verified where bytes and digest agree, and ends the lane once taken", () => {
    const lane = laneOf()
    receive(lane, 0, 1)
    lane.receive(endFrame(2, new Uint8Array(0), { fields }))
    expect([lane.ended, lane.readable]).toEqual([true, true])
    expect(takeAll(lane).at(-1)).toEqual({ type: "end", number: 2, fields, verified: true, cost: 64 })
    expect(lane.readable).toBe(false)
  })

  test("hands on its data as a chunk of the same number", () => {
    const lane = laneOf()
    receive(lane, 0)
    lane.receive(endFrame(1, DATA, { fields }))
    expect(lane.heldCost).toBe(200)
    expect(takeAll(lane).map((item) => [item.type, item.type === "gap" ? 0 : item.number])).toEqual([
      ["chunk", 0],
      ["chunk", 1],
      ["end", 1],
    ])
    lane.renewNow()
    expect(lane.ceiling).toBe(200 + WINDOW)
  })

  test("whose digest or total does not agree is a protocol error", () => {
    for (const wrong of [{ ...fields, sha256: new Uint8Array(32) }, { ...fields, total: 71 }, { total: 73 }]) {
      const lane = laneOf()
      receive(lane, 0, 1)
      expect(codeOf(() => lane.receive(endFrame(2, new Uint8Array(0), { fields: wrong })))).toBe("protocol")
    }
  })

  test("without a digest is unverified, but on a lane of one chunk its total is enough", () => {
    const lane = laneOf()
    receive(lane, 0, 1)
    lane.receive(endFrame(2, new Uint8Array(0), { fields: { total: 72 } }))
    expect(takeAll(lane).at(-1)).toMatchObject({ verified: false })
    const short = laneOf()
    receive(short, 0)
    short.receive(endFrame(1, new Uint8Array(0), { fields: { total: 36 } }))
    expect(takeAll(short).at(-1)).toMatchObject({ verified: true })
    const bare = laneOf()
    bare.receive(endFrame(0, new Uint8Array(0)))
    expect(takeAll(bare).at(-1)).toMatchObject({ verified: false })
  })

  test("of a lane that is not read from its start cannot be verified", () => {
    const lane = laneOf({ first: 1 })
    receive(lane, 1)
    lane.receive(endFrame(2, new Uint8Array(0), { fields }))
    expect(takeAll(lane).at(-1)).toMatchObject({ verified: false })
  })

  test("lets nothing follow: not a chunk, not one that came before it, no statement, no gap", () => {
    const lane = laneOf()
    receive(lane, 0, 1)
    lane.receive(endFrame(2, new Uint8Array(0), { fields }))
    expect(codeOf(() => receive(lane, 3))).toBe("protocol")
    expect(codeOf(() => lane.stateNext(4))).toBe("protocol")
    expect(codeOf(() => lane.stateNext(3))).toBeUndefined()
    expect(codeOf(() => lane.skip(gapAt(9), 0))).toBe("protocol")
    expect(receive(lane, 1)).toEqual(["nothing"])
    for (const early of [1, 2]) {
      const other = laneOf()
      receive(other, early)
      expect(codeOf(() => other.receive(endFrame(0, new Uint8Array(0))))).toBe("protocol")
    }
  })

  test("agrees with the final number of the outcome", () => {
    const lane = laneOf()
    receive(lane, 0, 2)
    expect(codeOf(() => lane.stateFinal(2))).toBe("protocol")
    lane.stateFinal(4)
    expect(codeOf(() => lane.stateFinal(5))).toBe("protocol")
    expect(codeOf(() => receive(lane, 4))).toBe("protocol")
    expect(codeOf(() => lane.stateNext(5))).toBe("protocol")
    receive(lane, 1)
    expect(codeOf(() => laneEndingAt(2).stateFinal(2))).toBe("protocol")
    expect(codeOf(() => laneEndingAt(2).stateFinal(3))).toBeUndefined()
    const wrong = laneOf()
    wrong.stateFinal(3)
    receive(wrong, 0)
    expect(codeOf(() => wrong.receive(endFrame(1, new Uint8Array(0))))).toBe("protocol")
  })

  function laneEndingAt(number: number): ReceiveLane {
    const lane = laneOf()
    for (let n = 0; n < number; n++) receive(lane, n)
    lane.receive(endFrame(number, new Uint8Array(0)))
    return lane
  }
})
