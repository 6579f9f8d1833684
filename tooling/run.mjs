// Runs pnpm, of the version that package.json names, with the given arguments: `node tooling/run.mjs exec turbo run test`.
// It needs nothing but Node and npm. stdin, stdout, stderr, signals and the exit code are pnpm's own.
import { spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { constants } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

/** npx of the npm that runs us, started by Node itself: no shell, no quoting, the same on Windows. */
function npx() {
  const npm = process.env.npm_execpath ?? ""
  const script = join(dirname(npm), "npx-cli.js")
  if (npm.endsWith("npm-cli.js") && existsSync(script))
    return { command: process.execPath, before: [script], shell: false }
  if (process.platform === "win32") return { command: "npx.cmd", before: [], shell: true }
  return { command: "npx", before: [], shell: false }
}

const { command, before, shell } = npx()
const args = [...before, "-y", packageManager, ...process.argv.slice(2)]
// With a shell, Node joins the arguments unquoted.
const child = spawn(command, shell ? args.map((arg) => `"${arg.replaceAll('"', '""')}"`) : args, {
  cwd: root,
  stdio: "inherit",
  shell,
})

// Ctrl-C reaches the whole group by itself; what was sent to this process alone is handed on.
process.on("SIGINT", () => {})
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))

child.once("error", (error) => {
  console.error(`Cannot start npx, which comes with npm: ${error.message}`)
  process.exitCode = 127
})
child.once("exit", (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal]
})
