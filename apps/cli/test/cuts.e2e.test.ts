import { createHash, randomBytes } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { SeededRandom } from "@luxbus/clock/testing"
import { afterAll, expect, test } from "vitest"
import { CuttingProxy } from "../src/demo/cutting-proxy.ts"
import { endAll, luxbus, serve } from "./support/process.ts"

const LANE_BYTES = 25_000_000
const CUTS_PER_CONNECTION = 10

afterAll(endAll)

/** A proxy that breaks its connections at random points of what goes through: half by a cut, half by a stall. */
async function brokenNetwork(url: string, random: SeededRandom) {
  const points = Array.from({ length: CUTS_PER_CONNECTION }, () => random.integer(1, 2 * LANE_BYTES)).sort(
    (a, b) => a - b,
  )
  let done = 0
  const proxy: CuttingProxy = await CuttingProxy.listen(url, (bytes) => {
    const next = points[done]
    if (next === undefined || bytes < next) return
    done++
    if (done % 2 === 0) proxy.stall()
    else proxy.cut()
  })
  return { proxy, cuts: () => done }
}

test("a job writes 50 MB on both lanes while its runner's and its watcher's connections are cut 20 times: all arrives, once, in order", async () => {
  const seed = Number(process.env["LUXBUS_TEST_SEED"] ?? Date.now() % 1_000_000)
  console.log(`replay with LUXBUS_TEST_SEED=${seed}`)
  const random = new SeededRandom(seed)
  const folder = await mkdtemp(join(tmpdir(), "luxbus-cuts-"))
  const [main, error] = [randomBytes(LANE_BYTES), randomBytes(LANE_BYTES)]
  await Promise.all([writeFile(join(folder, "main"), main), writeFile(join(folder, "error"), error)])
  const broker = await serve("--heartbeat-interval-ms", "200", "--heartbeat-timeout-ms", "200")
  const [runner, watcher] = [await brokenNetwork(broker.url, random), await brokenNetwork(broker.url, random)]

  const attach = luxbus(["attach", "big", "--wait", "--json", "--url", watcher.proxy.url])
  const run = luxbus(
    ["run", "--id", "big", "--url", runner.proxy.url, "--", "sh", "-c", "cat main & cat error >&2; wait; exit 3"],
    {
      cwd: folder,
    },
  )
  const [ran, watched] = await Promise.all([run.ended, attach.ended])
  await Promise.all([runner.proxy.close(), watcher.proxy.close(), rm(folder, { recursive: true })])

  const events = watched.stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
  const laneOf = (lane: string) =>
    Buffer.concat(
      events
        .filter((event) => event.lane === lane && event.type === "chunk")
        .map(({ data, encoding }) => Buffer.from(data, encoding)),
    )
  const digest = (data: Uint8Array) => createHash("sha256").update(data).digest("hex")
  expect([runner.cuts(), watcher.cuts()]).toEqual([CUTS_PER_CONNECTION, CUTS_PER_CONNECTION])
  expect([ran.code, watched.code]).toEqual([3, 3])
  expect(laneOf("main").length).toBe(LANE_BYTES)
  expect(laneOf("error").length).toBe(LANE_BYTES)
  expect(digest(laneOf("main"))).toBe(digest(main))
  expect(digest(laneOf("error"))).toBe(digest(error))
  expect(events.filter(({ type }) => type === "gap")).toEqual([])
  expect(events.filter(({ type }) => type === "outcome")).toHaveLength(1)
  expect(events.at(-1)).toMatchObject({ type: "outcome", outcome: { status: "error", exitCode: 3 } })
}, 60_000)
