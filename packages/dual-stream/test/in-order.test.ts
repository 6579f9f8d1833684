import { expect, test } from "vitest"
import { InOrder } from "../src/in-order.ts"
import { codeOf } from "./error-code.ts"

test("gives each chunk out once, in order, and nothing for what had come before", () => {
  const order = new InOrder<string>(3)
  expect([order.receive(2, "two"), order.take()]).toEqual(["duplicate", undefined])
  expect([order.receive(3, "three"), order.take(), order.take()]).toEqual(["next", "three", undefined])
  expect([order.receive(3, "three"), order.cum, order.missing(), order.ranges()]).toEqual(["duplicate", 4, [], []])
})

test("a host that leaves chunks out is at fault", () => {
  const order = new InOrder<string>(0)
  expect(codeOf(() => order.receive(1, "one"))).toBe("protocol")
  expect(order.cum).toBe(0)
})

test("goes on behind a gap, and gives it out in its place", () => {
  const order = new InOrder<string>(0)
  expect([order.leaveOut(0, 4, "gap"), order.cum, order.take()]).toEqual([[], 5, "gap"])
  expect([order.receive(4, "four"), order.receive(5, "five")]).toEqual(["duplicate", "next"])
})

test("takes whatever sparse number comes next, and asks for nothing between", () => {
  const order = new InOrder<string>(3, true)
  expect([order.receive(7, "seven"), order.take(), order.cum]).toEqual(["next", "seven", 8])
  expect([order.receive(7, "seven"), order.receive(5, "five")]).toEqual(["duplicate", "duplicate"])
  expect([order.receive(20, "twenty"), order.cum, order.missing(), order.ranges()]).toEqual(["next", 21, [], []])
})
