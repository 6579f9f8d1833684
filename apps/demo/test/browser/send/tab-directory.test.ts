import { afterEach, beforeEach, expect, test } from "vitest"
import { TabDirectory } from "../../../src/browser/send/tab-directory.ts"
import { openStage, QUICK_JOB, type Stage } from "../../support/stage.ts"

let stage: Stage
beforeEach(async () => {
  stage = await openStage(QUICK_JOB)
})
afterEach(() => stage[Symbol.asyncDispose]())

test("tabs find each other, early and late ones, and see who goes", async () => {
  const one = new TabDirectory(await stage.client("one"))
  const two = new TabDirectory(await stage.client("two"))
  await expect.poll(() => [one.tabs, two.tabs]).toEqual([["two"], ["one"]])
  const three = new TabDirectory(await stage.client("three"))
  await expect.poll(() => [...three.tabs].sort()).toEqual(["one", "two"])
  two.close()
  await expect.poll(() => [one.tabs, three.tabs]).toEqual([["three"], ["one"]])
})

test("who publishes under another's name is shown under its own", async () => {
  const one = new TabDirectory(await stage.client("one"))
  const stranger = await stage.client("stranger")
  await expect
    .poll(async () => {
      await stranger.publish("demo.tabs", "here")
      return one.tabs
    })
    .toEqual(["stranger"])
})
