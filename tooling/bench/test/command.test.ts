import { spawn } from "node:child_process"
import { readdirSync } from "node:fs"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"

const COMMAND = fileURLToPath(new URL("../src/run.mjs", import.meta.url))
const NODE_MODULES = fileURLToPath(new URL("../node_modules", import.meta.url))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs the command until its output closes: its processes hold it too, so by then all of them have ended.
 * @param onStderr is told of everything so far
 */
function run(args: readonly string[], onStderr: (text: string, pid: number) => void = () => {}): Promise<Ended> {
  const child = spawn(process.execPath, [COMMAND, ...args])
  let [stdout, stderr] = ["", ""]
  child.stdout.on("data", (data) => {
    stdout += data
  })
  child.stderr.on("data", (data) => {
    stderr += data
    onStderr(stderr, child.pid ?? 0)
  })
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })))
}

function bundles(): string[] {
  return readdirSync(NODE_MODULES).filter((name) => name.startsWith(".bench-"))
}

it("prints a table on stdout, how it goes on stderr, and ends with 0", async () => {
  const { code, stdout, stderr } = await run(["one-to-one", "--rounds", "1", "--seconds", "0.05"])
  expect(stdout).toMatch(/^\| work .*\n\|.*\n\| one-to-one: .*luxbus.*\n\|.*raw ws relay.*\n\|.*Socket\.IO.*\n$/)
  expect(stderr).toContain("one-to-one: round 1 of 1, Socket.IO")
  expect(code).toBe(0)
})

it("prints its help", async () => {
  const { code, stdout } = await run(["--help"])
  expect(stdout).toContain("Usage: pnpm bench")
  expect(code).toBe(0)
})

it("ends with 2 for what cannot be asked", async () => {
  const { code, stderr } = await run(["nothing"])
  expect(stderr).toContain('There is no work "nothing".')
  expect(code).toBe(2)
})

it("leaves no process and no file behind when it is interrupted at work", async () => {
  const before = bundles()
  let interrupted = false
  const { code, stderr } = await run(["fan-out", "--seconds", "60"], (text, pid) => {
    if (interrupted || !text.includes("raw ws relay warms up")) return
    interrupted = true
    process.kill(pid, "SIGINT")
  })
  expect(stderr).toContain("Stopped.")
  expect(code).toBe(130)
  expect(bundles().filter((name) => !before.includes(name))).toEqual([])
})

it("takes its processes with it when it is killed", async () => {
  const before = bundles()
  let killed = false
  const { code } = await run(["one-to-one", "--seconds", "60"], (text, pid) => {
    if (killed || !text.includes("raw ws relay warms up")) return
    killed = true
    process.kill(pid, "SIGKILL")
  })
  expect(code).toBe(null)
  // What it would have removed itself.
  for (const name of bundles().filter((one) => !before.includes(one))) {
    await rm(join(NODE_MODULES, name), { recursive: true, force: true })
  }
})
