import { constants } from "node:os"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { endAll, luxbus, serve } from "../support/process.ts"

let env: Readonly<Record<string, string>>
beforeAll(async () => {
  env = { LUXBUS_URL: (await serve()).url }
})
afterAll(endAll)

const start = (...args: readonly string[]) => luxbus(args, { env })
const text = (bytes: Buffer) => bytes.toString()

describe("run", () => {
  test("shows both lanes here, and exits with 0 as the command did", async () => {
    const { code, stdout, stderr } = await start("run", "--id", "both", "--", "sh", "-c", "echo out; echo err >&2")
      .ended
    expect([code, text(stdout), stderr]).toEqual([0, "out\n", "err\n"])
  })

  test("exits with the command's own code", async () => {
    expect((await start("run", "--", "sh", "-c", "exit 3").ended).code).toBe(3)
  })

  test("ends with 127 when the command is not found, and says so", async () => {
    const { code, stderr } = await start("run", "--id", "absent", "--", "no-such-command").ended
    expect([code, stderr]).toEqual([127, "luxbus: command not found: no-such-command\n"])
    expect((await start("attach", "absent").ended).code).toBe(127)
  })

  test("ends with 126 when the command cannot be executed", async () => {
    expect((await start("run", "--", "/").ended).code).toBe(126)
  })

  test("ends with 128 and the signal's number when a signal ended the command", async () => {
    expect((await start("run", "--id", "shot", "--", "sh", "-c", "kill -KILL $$").ended).code).toBe(137)
    const { code, stderr } = await start("attach", "shot").ended
    expect([code, stderr]).toEqual([137, "luxbus: shot failed: killed by SIGKILL\n"])
  })

  test("passes stdin on", async () => {
    const { code, stdout } = await luxbus(["run", "--", "tr", "a-z", "A-Z"], { env, input: "hello" }).ended
    expect([code, text(stdout)]).toEqual([0, "HELLO"])
  })

  test("does without a stdin", async () => {
    const run = luxbus(["run", "--", "cat"], { env, shell: 'exec "$@" <&-' })
    expect((await run.ended).code).toBe(0)
  })

  test("picks a readable id, and tells it on stderr", async () => {
    const run = start("run", "--", "true")
    const [, id = ""] = await run.shows(/luxbus attach (\S+)/)
    await run.ended
    expect(id).toMatch(/^[a-z]+-[a-z]+-\d+$/)
    expect((await start("attach", id).ended).code).toBe(0)
  })

  test("refuses the id of a job that runs already", async () => {
    const first = start("run", "--id", "twice", "--", "sh", "-c", "echo up; exec sleep 60")
    await first.shows(/up/)
    const { code, stderr } = await start("run", "--id", "twice", "--", "true").ended
    expect([code, stderr]).toEqual([1, expect.stringContaining("(fenced)")])
    first.kill("SIGTERM")
    await first.ended
  })

  test("publishes the command line, the folder and the process, and nothing of the environment", async () => {
    const job = luxbus(["run", "--id", "headers", "--", "true", "an argument"], {
      env: { ...env, SECRET: "hush" },
      cwd: "/",
    })
    await job.ended
    const list = text((await start("list", "--json").ended).stdout)
    const line = list.split("\n").find((row) => row.includes('"name":"headers"')) ?? ""
    expect(JSON.parse(line).headers).toEqual({ command: ["true", "an argument"], directory: "", pid: job.child.pid })
    expect(list).not.toContain("hush")
  })

  test("takes a command line of any length", async () => {
    const { code, stdout } = await start("run", "--", "sh", "-c", `echo done # ${"x".repeat(50_000)}`).ended
    expect([code, text(stdout)]).toEqual([0, "done\n"])
  })

  test("breaks the pipe under the job when nobody reads it here any more", async () => {
    const run = luxbus(["run", "--id", "yes", "--", "yes"], { env, readStdout: false })
    run.child.stdout?.once("data", () => run.child.stdout?.destroy())
    const { code } = await run.ended
    expect(code).not.toBe(0)
    const { stderr } = await start("attach", "yes").ended
    expect(stderr).not.toContain("luxbus: yes expired")
  })
})

describe("attach", () => {
  test("while the job runs, shows what was written before and what comes", async () => {
    const script = "echo one; echo two >&2; read line; echo $line"
    const run = luxbus(["run", "--id", "live", "--", "sh", "-c", script], { env, keepStdin: true })
    await run.shows(/one[\s\S]*two/)
    const attach = start("attach", "live")
    await attach.shows(/one[\s\S]*two/)
    run.child.stdin?.end("three\n")
    const { code, stdout, stderr } = await attach.ended
    expect([code, text(stdout), stderr]).toEqual([0, "one\nthree\n", "two\n"])
  })

  test("after the job has ended, shows all of it and exits with its code", async () => {
    await start("run", "--id", "late", "--", "sh", "-c", "echo out; echo err >&2; exit 3").ended
    const { code, stdout, stderr } = await start("attach", "late").ended
    expect([code, text(stdout), stderr]).toEqual([3, "out\n", "err\n"])
  })

  test("--from now shows only what comes", async () => {
    await start("run", "--id", "past", "--", "echo", "past").ended
    const { code, stdout } = await start("attach", "past", "--from", "now").ended
    expect([code, text(stdout)]).toEqual([0, ""])
  })

  test("--from a cursor goes on behind it", async () => {
    await start("run", "--id", "cursor", "--", "sh", "-c", "echo one; sleep 0.2; echo two").ended
    const events = text((await start("attach", "cursor", "--json").ended).stdout)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    const first = events.find(({ data }) => data === "one\n")
    const { stdout } = await start("attach", "cursor", "--from", first.cursor).ended
    expect(text(stdout)).toBe("two\n")
  })

  test("of an unknown id ends at once with unknown_stream", async () => {
    const { code, stderr } = await start("attach", "nobody").ended
    expect([code, stderr]).toEqual([1, expect.stringContaining("(unknown_stream)")])
  })

  test("--wait waits for the job, and says so", async () => {
    const attach = start("attach", "later", "--wait")
    await attach.shows(/waiting for later/)
    await start("run", "--id", "later", "--", "echo", "here").ended
    const { code, stdout } = await attach.ended
    expect([code, text(stdout)]).toEqual([0, "here\n"])
  })

  test("--json prints one object per line, the outcome last", async () => {
    await start("run", "--id", "json", "--", "sh", "-c", "echo out; echo err >&2; exit 7").ended
    const events = text((await start("attach", "json", "--json").ended).stdout)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    expect(events).toContainEqual({
      type: "chunk",
      lane: "main",
      encoding: "utf8",
      data: "out\n",
      cursor: expect.any(String),
    })
    expect(events).toContainEqual(expect.objectContaining({ lane: "error", data: "err\n" }))
    expect(events.at(-1)).toEqual({
      type: "outcome",
      outcome: expect.objectContaining({ status: "error", exitCode: 7 }),
    })
  })

  test("interrupted, leaves the job alone and tells how to take up again", async () => {
    const run = start("run", "--id", "goes-on", "--", "sh", "-c", "echo up; exec sleep 60")
    const attach = start("attach", "goes-on")
    await attach.shows(/up/).catch(() => {})
    const watching = attach.child.exitCode === null ? attach : start("attach", "goes-on", "--wait")
    await watching.shows(/up/)
    watching.kill("SIGINT")
    const { code, stderr } = await watching.ended
    expect([code, stderr]).toEqual([130, expect.stringMatching(/luxbus attach goes-on --from \d+-/)])
    expect(run.child.exitCode).toBeNull()
    run.kill("SIGTERM")
    expect((await run.ended).code).toBe(128 + constants.signals.SIGTERM)
  })

  test("ends quietly when nobody reads its output any more", async () => {
    await start("run", "--id", "long", "--", "sh", "-c", "head -c 20000000 /dev/zero").ended
    const attach = luxbus(["attach", "long"], { env, readStdout: false })
    attach.child.stdout?.once("data", () => attach.child.stdout?.destroy())
    const { code, signal, stderr } = await attach.ended
    expect([code, signal, stderr]).toEqual([0, null, ""])
  })
})

describe("list", () => {
  test("shows jobs with their state; finished ones with their outcome", async () => {
    await start("run", "--id", "listed", "--", "sh", "-c", "echo 12345; exit 3").ended
    const { code, stdout, stderr } = await start("list").ended
    expect([code, stderr]).toEqual([0, ""])
    expect(text(stdout)).toMatch(/^ID .*STATE .*COMMAND$/m)
    expect(text(stdout)).toMatch(/^listed +error \(3\) .* 6 B .*sh -c echo 12345; exit 3$/m)
  })
})
