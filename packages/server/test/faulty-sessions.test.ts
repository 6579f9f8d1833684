import { expect, test } from "vitest"
import { FaultySessions } from "../src/faulty-sessions.ts"

const session = (n: number) => new Uint8Array(32).fill(n % 256).fill(n >> 8, 16)

test("a session is over after two faults in a row, not after one, nor after two with a good connection between", () => {
  const faulty = new FaultySessions()
  faulty.closed(session(1), true)
  faulty.check(session(1))
  faulty.closed(session(1), false)
  faulty.closed(session(1), true)
  faulty.check(session(1))
  faulty.closed(session(1), true)
  expect(() => faulty.check(session(1))).toThrow(expect.objectContaining({ code: "protocol" }))
  faulty.check(session(2))
})

test("remembers a bounded number of sessions", () => {
  const faulty = new FaultySessions()
  for (let n = 0; n < 10_000; n++) faulty.closed(session(n), true)
  expect(faulty.size).toBe(4_096)
  faulty.closed(session(9_999), false)
  expect(faulty.size).toBe(4_095)
})
