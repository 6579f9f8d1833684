import { spawnSync } from "node:child_process"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { endAll, luxbus, serve } from "../support/process.ts"

let env: Readonly<Record<string, string>>
beforeAll(async () => {
  // Long enough for a process to start and look at what is suspended, on a machine that is busy with other tests.
  env = { LUXBUS_URL: (await serve("--limits-window-ms", "6000")).url }
})
afterAll(endAll)

const start = (...args: readonly string[]) => luxbus(args, { env })
const shell = (id: string, script: string, ...flags: readonly string[]) =>
  start("run", "--id", id, ...flags, "--", "sh", "-c", script)
const STUBBORN = "trap '' TERM; echo up; while :; do sleep 0.05; done"

/** A zombie that nobody has collected yet does not run. */
function isRunning(pid: string): boolean {
  const state = spawnSync("ps", ["-o", "stat=", "-p", pid]).stdout.toString().trim()
  return state !== "" && !state.startsWith("Z")
}

describe("cancel", () => {
  test("reaches the job as SIGTERM; its outcome is cancelled, with the reason", async () => {
    const run = shell("a", "trap 'echo asked; exit 9' TERM; echo up; while :; do sleep 0.05; done")
    await run.shows(/up/)
    const watcher = start("attach", "a")
    await watcher.shows(/up/)
    const cancel = await start("cancel", "a", "--reason", "superseded").ended
    expect([cancel.code, cancel.stdout.toString()]).toEqual([0, "a: live\n"])
    const { code, stdout } = await run.ended
    expect([code, stdout.toString()]).toEqual([9, "up\nasked\n"])
    const watched = await watcher.ended
    expect([watched.code, watched.stderr]).toEqual([130, expect.stringContaining("luxbus: a cancelled: superseded\n")])
  })

  test("kills what ignores SIGTERM once the grace is over, and everything that it started", async () => {
    const run = shell("b", `sh -c "trap '' TERM; sleep 300" & echo pid $!; ${STUBBORN}`, "--grace", "0.3")
    const [, pid = ""] = await run.shows(/pid (\d+)[\s\S]*up/)
    await start("cancel", "b").ended
    expect((await run.ended).code).toBe(137)
    expect(isRunning(pid)).toBe(false)
    expect((await start("attach", "b").ended).code).toBe(130)
  })

  test("of a finished job changes nothing and tells its status", async () => {
    await shell("c", "exit 3").ended
    expect((await start("cancel", "c").ended).stdout.toString()).toBe("c: error\n")
    expect((await start("attach", "c").ended).code).toBe(3)
  })

  test("of an unknown id is unknown_stream", async () => {
    const { code, stderr } = await start("cancel", "nobody", "--json").ended
    expect([code, stderr]).toEqual([1, expect.stringContaining("(unknown_stream)")])
  })
})

describe.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s to run", (signal) => {
  test("stops the job; its outcome is cancelled", async () => {
    const id = `stopped-${signal}`
    const run = shell(id, "echo up; exec sleep 60")
    await run.shows(/up/)
    run.kill(signal)
    expect((await run.ended).code).toBe(143)
    const { code, stderr } = await start("attach", id).ended
    expect([code, stderr]).toEqual([130, `luxbus: ${id} cancelled: stopped by ${signal}\n`])
  })
})

describe("a runner that dies", () => {
  test("leaves the stream suspended, then expired, and never finished", async () => {
    const run = shell("dead", "echo up; echo pid $$ >&2; exec sleep 60")
    await run.shows(/up/)
    const [, pid = ""] = await run.shows(/pid (\d+)/)
    const watcher = start("attach", "dead")
    await watcher.shows(/up/)
    run.kill("SIGKILL")
    await watcher.shows(/dead lost its connection; it expires in/)
    expect((await start("list").ended).stdout.toString()).toMatch(/^dead +suspended/m)
    const { code, stderr } = await watcher.ended
    expect([code, stderr]).toEqual([1, expect.stringContaining("luxbus: dead expired")])
    expect((await start("list").ended).stdout.toString()).toMatch(/^dead +expired/m)
    process.kill(Number(pid), "SIGKILL")
  })
})

describe("serve", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("closes cleanly on %s", async (signal) => {
    const broker = await serve()
    broker.process.kill(signal)
    const { code, stderr } = await broker.process.ended
    expect([code, stderr]).toEqual([0, ""])
  })

  test("prints its address, and logs JSON lines on stderr", async () => {
    const broker = luxbus(["serve", "--port", "0"])
    const [, port] = await broker.shows(/^luxbus broker on ws:\/\/127\.0\.0\.1:(\d+)$/m)
    await broker.shows(new RegExp(`^page for browsers on http://127\\.0\\.0\\.1:${port}$`, "m"))
    broker.kill("SIGTERM")
    const { stderr } = await broker.ended
    const messages = stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).msg)
    expect(messages).toEqual(["listening", "page served", "closing", "closed"])
  })

  test("does not start with a wrong configuration, on a taken port, or unprotected beyond loopback", async () => {
    const { port } = new URL(env["LUXBUS_URL"] ?? "")
    const [wrong, taken, open] = await Promise.all([
      luxbus(["serve", "--port", "http"]).ended,
      luxbus(["serve", "--port", port]).ended,
      luxbus(["serve", "--port", "0", "--host", "0.0.0.0"]).ended,
    ])
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("expected a whole number from 0 to 65535")])
    expect([taken.code, taken.stderr]).toEqual([2, expect.stringContaining(`port ${port} on 127.0.0.1 is taken`)])
    expect([open.code, open.stderr]).toEqual([2, expect.stringContaining("--insecure")])
  })
})

test("a token lets a command in, and a wrong one does not", async () => {
  const made = JSON.parse((await luxbus(["token", "new", "--for", "ci", "--json"]).ended).stdout.toString())
  const { url } = await serve("--auth-tokens", JSON.stringify({ [made.hash]: "ci" }))
  expect((await luxbus(["list", "--url", url, "--token", made.token]).ended).code).toBe(0)
  const refused = await luxbus(["list", "--url", url], { env: { LUXBUS_TOKEN: "lux_wrong" } }).ended
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("(unauthenticated)")])
})
