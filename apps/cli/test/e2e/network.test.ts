import { afterAll, afterEach, beforeEach, expect, test } from "vitest"
import { CuttingProxy } from "../../src/demo/cutting-proxy.ts"
import { endAll, luxbus, type Process, serve } from "../support/process.ts"

const FAST = ["--heartbeat-interval-ms", "300", "--heartbeat-timeout-ms", "300"]

let broker: { readonly url: string; readonly process: Process }
let proxy: CuttingProxy
beforeEach(async () => {
  broker = await serve(...FAST, "--limits-ring-bytes", "65536")
  proxy = await CuttingProxy.listen(broker.url)
})
afterEach(() => proxy.close())
afterAll(endAll)

const run = (id: string, script: string, url: string) =>
  luxbus(["run", "--id", id, "--url", url, "--", "sh", "-c", script], { keepStdin: true })

test("a job goes on while the broker is away, and all that it wrote meanwhile is published once it is back", async () => {
  const job = run("job", "echo before; read line; echo during; read line; echo after; exit 3", proxy.url)
  await job.shows(/before/)
  proxy.refuse(true)
  proxy.cut()
  await job.shows(/connection lost; reconnecting/)
  job.child.stdin?.write("\n")
  await job.shows(/during/)
  proxy.refuse(false)
  await job.shows(/connected again/)
  job.child.stdin?.write("\n")
  expect((await job.ended).code).toBe(3)
  const { code, stdout } = await luxbus(["attach", "job", "--url", broker.url]).ended
  expect([code, stdout.toString()]).toEqual([3, "before\nduring\nafter\n"])
})

test("a job whose broker died ends as it would; Ctrl-C then gives up telling the broker, and it says so", async () => {
  const job = run("orphan", "echo up; read line; echo down; exit 3", broker.url)
  await job.shows(/up/)
  broker.process.kill("SIGKILL")
  await job.shows(/connection lost/)
  job.child.stdin?.write("\n")
  await job.shows(/down/)
  await job.shows(/the job has ended; waiting for the broker/)
  job.kill("SIGINT")
  const { code, stderr } = await job.ended
  expect([code, stderr]).toEqual([3, expect.stringContaining("the broker was not told how the job ended")])
})

test("a watcher whose connection is cut cancels nothing, and misses nothing", async () => {
  const job = run("watched", "echo one; read line; echo two", broker.url)
  const watcher = luxbus(["attach", "watched", "--wait", "--url", proxy.url])
  await watcher.shows(/one/)
  proxy.refuse(true)
  proxy.cut()
  await watcher.shows(/connection lost/)
  job.child.stdin?.write("\n")
  expect((await job.ended).code).toBe(0)
  proxy.refuse(false)
  const { code, stdout } = await watcher.ended
  expect([code, stdout.toString()]).toEqual([0, "one\ntwo\n"])
})

test("what the broker no longer keeps is told as a gap, before what it still has", async () => {
  const job = run("much", "head -c 1000000 /dev/zero; read line; echo; echo end", broker.url)
  // What comes in one turn goes together: with the end's own, all of it might.
  while (!(await luxbus(["list", "--json", "--url", broker.url]).ended).stdout.includes('"mainBytes":1000000,')) {}
  job.child.stdin?.write("\n")
  expect((await job.ended).code).toBe(0)
  const [plain, json] = await Promise.all([
    luxbus(["attach", "much", "--url", broker.url]).ended,
    luxbus(["attach", "much", "--json", "--url", broker.url]).ended,
  ])
  expect([plain.code, plain.stderr]).toEqual([
    0,
    expect.stringMatching(/chunks of much's stdout are missing here: the broker no/),
  ])
  expect(plain.stdout.toString()).toMatch(/\nend\n$/)
  expect(plain.stdout.length).toBeLessThanOrEqual(65_536)
  const events = json.stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
  expect(events.findIndex(({ type }) => type === "gap")).toBeLessThan(events.findIndex(({ type }) => type === "chunk"))
  expect(json.stderr).toBe("")
})
