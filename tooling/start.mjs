// `npm start`: builds the command line and plays its demo. Arguments behind `--` go to the demo: npm start -- --port 0
import { spawn } from "node:child_process"
import { constants } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The process that runs now: whatever we are told to do, it is told. */
let current

function start(args, stdio) {
  current = spawn(process.execPath, args, { cwd: root, stdio })
  const child = current
  return { child, ended: new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal }))) }
}

const exitCodeOf = ({ code, signal }) => code ?? 128 + constants.signals[signal]

async function build() {
  console.error("Building ...")
  const args = [
    "exec",
    "turbo",
    "run",
    "build",
    "--filter=luxbus...",
    "--output-logs=errors-only",
    "--no-update-notifier",
  ]
  const { child, ended } = start([join(root, "tooling", "run.mjs"), ...args], ["ignore", "pipe", "pipe"])
  const output = []
  child.stdout.on("data", (data) => output.push(data))
  child.stderr.on("data", (data) => output.push(data))
  const end = await ended
  if (end.code === 0) return 0
  if (!stopping) process.stderr.write(Buffer.concat(output))
  return exitCodeOf(end)
}

let stopping = false
function stop() {
  stopping = true
  // The demo and the build count a signal that reaches them twice as one.
  current?.kill("SIGTERM")
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop)

// A signal to npm alone ends the shell between npm and us without a word: we see only that our parent is another.
const parent = process.ppid
setInterval(() => process.ppid !== parent && stop(), 500).unref()

process.exitCode = await build()
if (process.exitCode === 0 && !stopping) {
  const cli = join(root, "apps", "cli", "dist", "main.js")
  const { ended } = start([cli, "demo", ...process.argv.slice(2)], "inherit")
  process.exitCode = exitCodeOf(await ended)
}
