import { spawnSync } from "node:child_process"
import { dirname } from "node:path"
import { afterAll, expect, inject, test } from "vitest"
import { endAll, luxbus, serve } from "../support/process.ts"

afterAll(endAll)

/** Command lines of the demo's processes: they all have its port, its script or its job's in theirs. */
function running(url: string): readonly string[] {
  const bundle = dirname(inject("cli"))
  const { stdout } = spawnSync("ps", ["-A", "-o", "stat=,args="])
  return stdout
    .toString()
    .split("\n")
    .filter((line) => !line.startsWith("Z"))
    .filter((line) => line.includes(url) || line.includes(`${bundle}/demo/job.js`))
}

test.each(["SIGINT", "SIGTERM"] as const)("%s leaves no process behind while the job runs", async (signal) => {
  const demo = luxbus(["demo", "--port", "0"])
  const [, url = ""] = await demo.shows(/listens on (ws:\S+),/)
  await demo.shows(/stdout \| piece {2}2/)
  expect(running(url).length).toBeGreaterThanOrEqual(2)
  demo.kill(signal)
  const { code, stdout, stderr } = await demo.ended
  expect([code, stderr]).toEqual([130, ""])
  expect(stdout.toString()).not.toMatch(/DIFFERENT|wrong|2\. /)
  expect(running(url)).toEqual([])
})

test("a taken port is told in one sentence, with the way out", async () => {
  const { url } = await serve()
  const { port } = new URL(url)
  const { code, stderr } = await luxbus(["demo", "--port", port]).ended
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining(`port ${port} is taken: choose another with luxbus demo --port 0`),
  ])
})

test("stays up after the show, tells what to try, and ends with 0 on Ctrl-C; all that it compares is equal", async () => {
  const demo = luxbus(["demo", "--port", "0"])
  const [, url = ""] = await demo.shows(/--url (ws:\S+) mine/)
  expect(demo.stdout).not.toContain("DIFFERENT")
  const page = url.replace("ws:", "http:")
  expect(demo.stdout).toContain(`Watch along in a browser: ${page}\n`)
  expect(demo.stdout).toMatch(new RegExp(`Now you[^]*\n  ${page}\n`))
  expect(await (await fetch(page)).text()).toContain("<title>Jobs")
  expect(demo.stdout.match(/ equal$/gm)).toHaveLength(4)
  expect(demo.stdout.match(/cut \d +resumed after .* sent twice$/gm)).toHaveLength(3)
  const { stdout: list } = await luxbus(["list", "--url", url]).ended
  expect(list.toString()).toMatch(/^demo-job +error \(3\)/m)
  expect(list.toString()).toMatch(/^demo-transfer +done/m)
  const transfer = await luxbus(["attach", "demo-transfer", "--url", url]).ended
  expect([transfer.code, transfer.stdout.toString()]).toEqual([0, expect.stringMatching(/^received .* sha256 /m)])
  expect(transfer.stderr.match(/^cut \d at \d\d %: resumed/gm)).toHaveLength(3)
  demo.kill("SIGINT")
  expect((await demo.ended).code).toBe(0)
  expect(running(url)).toEqual([])
}, 60_000)
