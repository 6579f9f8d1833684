import { expect, test } from "vitest"
import { judgeRival, type StreamAbout } from "../../src/cluster/rival-streams.ts"

interface Stream extends StreamAbout {
  readonly sinceMs: number
  readonly node?: string
}

const A: Stream = { writer: "a", seq: "01", sinceMs: 100 }
const B: Stream = { writer: "b", seq: "02", sinceMs: 200 }
/** Long enough that what comes now was said after ours began. */
const OLD = 500

function judge(ours: Stream, theirs: Stream, ageMs = OLD) {
  const place = ({ sinceMs, node = "11", ...about }: Stream) => ({ node, sinceMs, about: { ...about } })
  return judgeRival({ ...place(ours), ageMs }, place({ node: "22", ...theirs }))
}

/** Holds both brokers to it: each decides alone. */
function expectWinner(winner: Stream, loser: Stream): void {
  expect(judge(winner, loser)).toEqual({ goesOn: "ours" })
  expect(judge(loser, winner)).toEqual({ goesOn: "theirs" })
}

test("of one claim the later goes on, ended or not", () => {
  for (const finished of [{}, { finished: 150 }, { finished: 300 }]) {
    for (const other of [{}, { finished: 250 }]) expectWinner({ ...A, sinceMs: 200, ...other }, { ...A, ...finished })
  }
})

test("of two that are live the earlier goes on, of one writer's the later", () => {
  expectWinner(A, B)
  expectWinner({ ...B, writer: "a" }, A)
})

test("of two that have ended the later goes on", () => {
  expectWinner({ ...B, finished: 210 }, { ...A, finished: 300 })
})

test("what was claimed after the other had ended goes on", () => {
  expectWinner(B, { ...A, finished: 150 })
})

test("what was claimed before the other had ended, unheard, goes on as if it had begun behind it", () => {
  const ended = { ...A, finished: 250 }
  expect(judge(ended, B)).toEqual({ goesOn: "ours" })
  expect(judge(B, ended)).toEqual({ goesOn: "ours", sinceMs: 251 })
  expectWinner({ ...B, sinceMs: 251 }, ended)
})

test("where both begin at once the greater incarnation decides", () => {
  const both = [A, { ...B, sinceMs: A.sinceMs, node: "22" }] as const
  expect(judge(both[0], both[1]).goesOn).not.toBe(judge({ ...both[1] }, { ...both[0], node: "11" }).goesOn)
})

test("does not yield to a live stream before it is sure that this was said after its own began", () => {
  expect(judge(B, A, OLD - 1)).toEqual({ goesOn: "unknown" })
  expect(judge(B, A, OLD)).toEqual({ goesOn: "theirs" })
})

test.each([{}, { writer: 1, seq: "02" }, { writer: "b", seq: null }, { writer: "b", seq: "02", finished: true }])(
  "changes nothing for what cannot be read: %j",
  (about) => {
    const ours = { node: "11", sinceMs: 100, about: { writer: "a", seq: "01" }, ageMs: OLD }
    expect(judgeRival(ours, { node: "22", sinceMs: 1, about })).toEqual({ goesOn: "unknown" })
  },
)
