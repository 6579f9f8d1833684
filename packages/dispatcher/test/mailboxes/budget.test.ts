import { BROKER_LIMITS } from "@luxbus/packet"
import { expect, test } from "vitest"
import { Budget } from "../../src/mailboxes/budget.ts"
import { DeadLetters } from "../../src/mailboxes/dead-letters.ts"
import { codeOf } from "../test-bus.ts"

const SHARE = BROKER_LIMITS.brokerMailboxBytes * 0.05

test("a sender's share counts what it has, and is free again when that is gone", () => {
  const budget = new Budget()
  budget.add("a", SHARE - 10)
  budget.add("a", 10)
  expect(codeOf(() => budget.assertRoom("a", 1))).toBe("mailbox_full")
  budget.assertRoom("b", 1)
  budget.remove("a", 10)
  budget.assertRoom("a", 10)
  expect(codeOf(() => budget.assertRoom("a", 11))).toBe("mailbox_full")
  budget.remove("a", SHARE - 10)
  budget.assertRoom("a", SHARE)
  expect(budget.cost).toBe(0)
})

function mailOf(id: number, to: string, cost: number) {
  const letter = { id, to, from: "a", sentAtMs: 0, cost, expiresAtMs: 0 }
  return { type: "message" as const, origin: "a", chunks: [], earlierAttempts: 0, letter }
}

test("dead letters of one client go by bytes too, those that were taken out not counted", () => {
  const dead = new DeadLetters()
  const piece = BROKER_LIMITS.mailboxBytes / 4
  for (let id = 1; id <= 4; id++) dead.add(mailOf(id, "to", piece), "expired", 0)
  for (const mail of dead.of("to", 1)) dead.remove(mail)
  dead.add(mailOf(5, "to", piece), "expired", 0)
  expect(dead.countOf("to")).toEqual({ count: 4, dropped: 0 })
  dead.add(mailOf(6, "to", piece), "attempts", 0)
  expect(dead.countOf("to")).toEqual({ count: 4, dropped: 1 })
  expect(dead.list("to").map(({ id, reason }) => [id, reason])).toEqual([
    [3, "expired"],
    [4, "expired"],
    [5, "expired"],
    [6, "attempts"],
  ])
})

test("dead letters of all clients have a bound: the oldest of all goes", () => {
  const dead = new DeadLetters()
  const piece = BROKER_LIMITS.mailboxBytes
  const count = BROKER_LIMITS.brokerMailboxBytes / piece
  for (let n = 0; n <= count; n++) dead.add(mailOf(n, `to${n}`, piece), "expired", 0)
  expect(dead.count).toBe(count)
  expect(dead.countOf("to0").count).toBe(0)
  expect(dead.countOf("to1").count).toBe(1)
})
