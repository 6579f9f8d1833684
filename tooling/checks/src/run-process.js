import { spawn } from "node:child_process"

/**
 * How a process ended.
 * @typedef {{
 *   readonly code: number | null
 *   readonly signal: NodeJS.Signals | null
 *   readonly timedOut: boolean
 *   readonly stdout: string
 *   readonly output: string
 * }} Ended `output`: stdout and stderr as they came
 */

/**
 * @typedef {{
 *   readonly cwd: string
 *   readonly timeoutMs: number
 *   readonly env?: NodeJS.ProcessEnv
 * }} RunOptions
 */

/**
 * Whatever runs, and would outlive us.
 * @type {Set<number>}
 */
const groups = new Set()
process.on("exit", () => {
  for (const group of groups) killGroup(group)
})
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.on(signal, () => process.exit(1))

/**
 * Starts a process in a group of its own, which is killed when its time is up and when this process ends.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} options
 */
export function startProcess(command, args, { cwd, timeoutMs, env = plainEnvironment() }) {
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] })
  const { pid } = child
  if (pid !== undefined) groups.add(pid)
  let stdout = ""
  let output = ""
  let timedOut = false
  /** @type {Set<() => void>} */
  const watchers = new Set()
  child.stdout.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
    stdout += text
    keep(text)
  })
  child.stderr.setEncoding("utf8").on("data", keep)
  const timer = setTimeout(() => {
    timedOut = true
    if (pid !== undefined) killGroup(pid)
  }, timeoutMs)
  let over = false
  /** @type {Promise<Ended>} */
  const ended = new Promise((resolve) => {
    child.once("error", (error) => {
      output += error.message
      end(127, null)
    })
    child.once("close", end)
    /**
     * @param {number | null} code
     * @param {NodeJS.Signals | null} signal
     */
    function end(code, signal) {
      clearTimeout(timer)
      // What it left behind goes with it.
      if (pid !== undefined) killGroup(pid)
      over = true
      resolve({ code, signal, timedOut, stdout, output })
      for (const watcher of watchers) watcher()
    }
  })
  return { child, ended, shows }

  /** @param {string} text */
  function keep(text) {
    output += text
    for (const watcher of watchers) watcher()
  }

  /**
   * Resolves with the first match in what it wrote; rejects when it ends without.
   * @param {RegExp} pattern
   * @returns {Promise<string>} the pattern's first group, else the whole match
   */
  function shows(pattern) {
    return new Promise((resolve, reject) => {
      watchers.add(look)
      look()
      function look() {
        const match = pattern.exec(output)
        if (match !== null) resolve(match[1] ?? match[0])
        else if (over) reject(new Error(`it ended without ${pattern}:\n${output}`))
        else return
        watchers.delete(look)
      }
    })
  }
}

/**
 * Runs a process to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} options
 */
export function runProcess(command, args, options) {
  return startProcess(command, args, options).ended
}

/**
 * Runs a process that has to end with exit code 0.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} options
 * @throws Error with all that it wrote, when it does not
 */
export async function mustRun(command, args, options) {
  const ended = await runProcess(command, args, options)
  const fault = endFault(ended, options.timeoutMs)
  if (fault !== undefined) throw new Error(`${[command, ...args].join(" ")}: ${fault}`)
  return ended
}

/**
 * What is wrong with a process's end, with all that it wrote; undefined: it ended with exit code 0.
 * @param {Ended} ended
 * @param {number} timeoutMs
 * @returns {string | undefined}
 */
export function endFault({ code, signal, timedOut, output }, timeoutMs) {
  if (timedOut) return `it did not end within ${timeoutMs / 1000} s\n${output}`
  return code === 0 ? undefined : `it ended with ${signal ?? `exit code ${code}`}\n${output}`
}

/** Our environment without what pnpm and npm leave in it for their scripts: a tool in a clone would take it for its own. */
export function plainEnvironment() {
  const kept = /^npm_config_(registry|.*proxy|cafile|strict_ssl|userconfig|cache)$/i
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        kept.test(name) || !/^(npm_|pnpm_|NODE_PATH$|INIT_CWD$|LUXBUS_|VITEST|TURBO_|FORCE_COLOR$)/i.test(name),
    ),
  )
}

/** @param {number} group */
function killGroup(group) {
  groups.delete(group)
  try {
    process.kill(-group, "SIGKILL")
  } catch {
    // Nothing of it is left.
  }
}
