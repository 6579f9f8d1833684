import { platformSha256 } from "@luxbus/client"
import { afterEach, beforeEach, expect, test } from "vitest"
import { JobView } from "../../../src/browser/watch/job-view.ts"
import { formatView, parseView } from "../../../src/browser/watch/saved-view.ts"
import { openStage, QUICK_JOB, type Stage } from "../../support/stage.ts"

let stage: Stage
beforeEach(async () => {
  stage = await openStage(QUICK_JOB)
})
afterEach(() => stage[Symbol.asyncDispose]())

async function viewer(job: string, saved?: ReturnType<JobView["save"]>): Promise<JobView> {
  const components = { bus: await stage.client(), createHash: platformSha256(), now: () => performance.now() }
  return new JobView(components, job, saved)
}

function ended(view: JobView): Promise<unknown> {
  return expect.poll(() => view.phase.name, { timeout: 5_000 }).toBe("ended")
}

const textOf = (view: JobView, lane: "main" | "error") => Buffer.concat(view.log.content(lane)).toString()

test("waits for a job that has not started, and reads bytes, text and values", async () => {
  const view = await viewer("job.1")
  expect(view.phase.name).toBe("opening")
  const job = await (await stage.client()).open("job.1", { headers: { command: ["make", "all"] } })
  await job.main.write(new TextEncoder().encode("bytes "))
  await job.main.write("text\n")
  await job.main.write({ step: 1 })
  await job.error.write("oops")
  await job.fail({ exitCode: 2, message: "exit code 2" })
  await ended(view)
  expect(view.command).toBe("make all")
  expect(textOf(view, "main")).toBe('bytes text\n{"step":1}\n')
  expect(textOf(view, "error")).toBe("oops")
  expect(view.phase).toMatchObject({ outcome: { status: "error", exitCode: 2 } })
})

test("goes on in another viewer where it was saved, also in the middle of the lanes", async () => {
  const job = await (await stage.client()).open("job.2")
  const first = await viewer("job.2")
  await job.main.write("one\n")
  await job.error.write("bad ")
  await expect.poll(() => textOf(first, "error")).toBe("bad ")
  await expect.poll(() => textOf(first, "main")).toBe("one\n")
  const saved = first.save()
  first.close()
  await job.main.write("two\n")
  await job.error.write("luck\n")
  await job.end()
  const second = await viewer("job.2", saved === undefined ? undefined : parseView(formatView(saved)))
  await ended(second)
  expect([textOf(second, "main"), textOf(second, "error")]).toEqual(["one\ntwo\n", "bad luck\n"])
  expect(second.log.lanes.main.digest).toBeDefined()
})

test("tells where chunks are missing, and claims no digest then", async () => {
  const job = await (await stage.client()).open("job.3")
  for (let i = 0; i < 3; i++) await job.main.write(`${i}\n`)
  await job.end()
  // A cursor of an earlier run.
  const view = await viewer("job.3", { job: "job.3", cursor: "5-:2:0", entries: [], omitted: { main: 0, error: 0 } })
  await ended(view)
  const rows = Array.from({ length: view.log.rows.length }, (_, i) => view.log.rows.at(i)?.text)
  expect(rows.join("\n")).toContain("missing here: they are of an earlier run")
  expect(view.log.lanes.main.digest).toBeUndefined()
})

test("pausing takes nothing more; going on takes the rest", async () => {
  const job = await (await stage.client()).open("job.4")
  const view = await viewer("job.4")
  await job.main.write("before\n")
  await expect.poll(() => textOf(view, "main")).toBe("before\n")
  view.pause()
  await job.main.write("after\n")
  await job.end()
  expect([textOf(view, "main"), view.isPaused]).toEqual(["before\n", true])
  view.proceed()
  await ended(view)
  expect(textOf(view, "main")).toBe("before\nafter\n")
})

test("stop reaches the writer", async () => {
  const job = await (await stage.client()).open("job.5")
  const view = await viewer("job.5")
  await expect.poll(() => view.phase.name).toBe("reading")
  await view.stop()
  await expect.poll(() => job.signal.aborted).toBe(true)
  await job.fail({ status: "cancelled", reason: "stopped" })
  await ended(view)
  expect(view.phase).toMatchObject({ outcome: { status: "cancelled" } })
})

test("a bus that is over fails the view, and keeps what was read", async () => {
  const job = await (await stage.client()).open("job.6")
  const bus = await stage.client()
  const view = new JobView({ bus, createHash: platformSha256(), now: () => 0 }, "job.6")
  await job.main.write("kept")
  await expect.poll(() => textOf(view, "main")).toBe("kept")
  await bus.close()
  await expect.poll(() => view.phase).toMatchObject({ name: "failed", error: { code: "closed" } })
  expect(textOf(view, "main")).toBe("kept")
})
