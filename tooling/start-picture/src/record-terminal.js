import { spawn } from "node:child_process"

/** What was written, and when: milliseconds since the first of it. @typedef {{ readonly atMs: number, readonly data: string }} Piece */

/** As tall as no output is: nothing scrolls out of it. */
export const ROWS = 300

/**
 * Runs a command in a terminal of its own (by `script` of util-linux), and notes each piece that it writes.
 * @param {string} command for a shell
 * @param {{ readonly cwd: string, readonly columns: number }} options
 * @returns {Promise<{ readonly pieces: readonly Piece[], readonly exitCode: number | null }>}
 */
export function recordTerminal(command, { cwd, columns }) {
  const { NO_COLOR: _, ...env } = process.env
  const shell = `stty cols ${columns} rows ${ROWS}; ${command}`
  const child = spawn("script", ["--quiet", "--return", "--command", shell, "/dev/null"], {
    cwd,
    env: { ...env, TERM: "xterm-256color" },
    stdio: ["ignore", "pipe", "inherit"],
  })
  /** @type {Piece[]} */
  const pieces = []
  let startedAt = 0
  child.stdout.setEncoding("utf8").on("data", (data) => {
    if (pieces.length === 0) startedAt = performance.now()
    pieces.push({ atMs: performance.now() - startedAt, data })
  })
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => reject(new Error("this needs `script`, of util-linux", { cause })))
    child.once("close", (exitCode) => resolve({ pieces, exitCode }))
  })
}
