import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const FOLDER = fileURLToPath(new URL("../../", import.meta.url))

/** An example that runs, as `npm run example <name>` runs it. */
export interface Example {
  /** Resolves with the first group of what it printed once that matches; rejects if it ends before. */
  shows(pattern: RegExp): Promise<string>
  /** Resolves when it has ended, with all that it printed. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>
  /** Asks it to end, as Ctrl-C does. */
  stop(): void
}

/** Starts the command of the package's own script. */
export function startExample(name: string): Example {
  const manifest = JSON.parse(readFileSync(`${FOLDER}package.json`, "utf8"))
  const [node, ...args] = String(manifest.scripts.example).split(" ")
  if (node !== "node") throw new Error(`the script starts ${node}, not node`)
  const child = spawn(process.execPath, [...args, name], { cwd: FOLDER, stdio: ["ignore", "pipe", "pipe"] })
  const watchers = new Set<() => void>()
  let output = ""
  let over = false
  for (const pipe of [child.stdout, child.stderr]) {
    pipe.setEncoding("utf8").on("data", (text: string) => {
      output += text
      for (const watcher of watchers) watcher()
    })
  }
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.once("close", (code) => {
      over = true
      for (const watcher of watchers) watcher()
      resolve({ code, output })
    })
  })
  const shows = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(output)
        if (match === null && !over) return
        watchers.delete(look)
        if (match === null) reject(new Error(`it ended without ${pattern}:\n${output}`))
        else resolve(match[1] ?? match[0])
      }
      watchers.add(look)
      look()
    })
  return { shows, ended, stop: () => void child.kill("SIGINT") }
}
