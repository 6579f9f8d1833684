import { expect, test } from "vitest"
import { Activity } from "../../../src/browser/watch/activity.ts"

test("forgets what is older than its span", () => {
  const activity = new Activity(0, 1_000)
  activity.note({ type: "chunk", lane: "main", atMs: 100 })
  activity.note({ type: "lost", atMs: 900 })
  expect(activity.since(1_000).length).toBe(2)
  expect(activity.since(1_500).map(({ atMs }) => atMs)).toEqual([900])
  expect(activity.since(5_000)).toEqual([])
})

test("shows its beginning until that is further back than its span", () => {
  const activity = new Activity(500, 1_000)
  expect([activity.firstShownMs(600), activity.firstShownMs(1_600)]).toEqual([500, 600])
})

test("a busy job fills no memory", () => {
  const activity = new Activity(0, 1_000)
  for (let i = 0; i < 50_000; i++) activity.note({ type: "chunk", lane: "main", atMs: 1 })
  expect(activity.since(1).length).toBeLessThanOrEqual(8_192)
})
