import { expect, test } from "vitest"
import { noticeText } from "../src/notice-text.ts"

test("a gap says how much of what is missing, and why", () => {
  const gap = {
    type: "gap",
    lane: "main",
    ranges: [
      [0, 9],
      [20, 20],
    ],
    first: 21,
    message: 21,
    reason: "evicted",
  } as const
  expect(noticeText(gap, "build")).toBe(
    "luxbus: 11 chunks of build's stdout are missing here: the broker no longer keeps them\n",
  )
})

test("a suspension says how long it may last", () => {
  expect(noticeText({ type: "suspended", leftMs: 120_000 }, "build")).toBe(
    "luxbus: build lost its connection; it expires in 2m\n",
  )
  expect(noticeText({ type: "suspended", leftMs: undefined }, "build")).toBe("luxbus: build lost its connection\n")
})

test("waiting and resuming are told, opening is not", () => {
  expect(noticeText({ type: "waiting" }, "x")).toBe("luxbus: waiting for x\n")
  expect(noticeText({ type: "resumed", repeatedBytes: 0 }, "x")).toBe("luxbus: x goes on\n")
  expect(noticeText({ type: "open", epoch: 1 }, "x")).toBe("")
})
