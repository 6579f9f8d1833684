import { type Bus, connect } from "@luxbus/client"
import { createServer } from "@luxbus/server"
import { afterEach, expect, inject, test } from "vitest"
import { startDemo } from "../src/browser/watch/start-demo.ts"
import { runScript } from "./support/run-script.ts"
import { openStage, QUICK_JOB, type Stage } from "./support/stage.ts"

let stage: Stage | undefined
afterEach(() => stage?.[Symbol.asyncDispose]())

async function asker(script: string, maxAtOnce?: number): Promise<Bus> {
  stage = await openStage(script, maxAtOnce)
  return stage.client()
}

test("publishes both lanes of the script, and ends as it did", async () => {
  const bus = await asker(QUICK_JOB)
  const view = bus.attach(await startDemo(bus), { wait: true })
  const [main, error, written] = await Promise.all([view.main.text(), view.error.text(), runScript(QUICK_JOB)])
  expect({ main, error }).toEqual(written)
  expect((await view.outcome).status).toBe("done")
  expect((await view.opened).headers).toMatchObject({ command: ["node", "examine-node.js"] })
})

test("cancelling ends the process of the real script", async () => {
  const bus = await asker(inject("script"))
  const view = bus.attach(await startDemo(bus), { wait: true })
  expect(String(await view.main.next())).not.toBe("")
  await view.cancel("enough")
  // Left alone it would go on to its last line.
  expect(await view.main.text()).not.toContain("sha256 of all pieces")
  expect(await view.outcome).toMatchObject({ status: "cancelled", reason: "enough" })
})

test("refuses more than may run at once, and starts again when one has ended", async () => {
  const bus = await asker(QUICK_JOB, 1)
  const job = await startDemo(bus)
  await expect(startDemo(bus)).rejects.toMatchObject({ code: "rate_limited" })
  const view = bus.attach(job, { wait: true })
  await view.opened
  await view.cancel()
  await view.outcome
  await expect.poll(() => startDemo(bus).catch(() => undefined)).toMatch(/^demo\./)
})

test("an asker's words choose nothing", async () => {
  const bus = await asker(QUICK_JOB)
  const call = await bus.open("demo.start.mine", { to: "demo", headers: { command: ["rm", "-rf", "/"] } })
  await call.main.write({ script: "/etc/passwd", command: ["sh"] })
  const reply = await call.main.next()
  expect(reply).toEqual({ job: expect.stringMatching(/^demo\.[0-9a-f]{6}$/) })
  const [job] = await bus.list()
  expect(job?.headers).toEqual({ command: ["node", "examine-node.js"] })
  await call.close()
})

test("says so where nobody offers the job", async () => {
  await using server = createServer()
  await using bus = await connect((await server.listen()).url)
  await expect(startDemo(bus)).rejects.toMatchObject({ code: "no_provider" })
})

test("closing ends what runs, and leaves no stream without an outcome", async () => {
  const bus = await asker(QUICK_JOB)
  const view = bus.attach(await startDemo(bus), { wait: true })
  await view.opened
  await stage?.demo.close()
  expect(await view.main.text()).not.toContain("no line feed at the end")
  expect(await view.outcome).toMatchObject({ status: "cancelled", reason: "the demo is stopping" })
})
