import { runProcess, startProcess } from "../run-process.js"

/** @typedef {{ readonly cwd: string, readonly env: NodeJS.ProcessEnv }} RunOptions */

const BROKER_TIMEOUT_MS = 120_000
const COMMAND_TIMEOUT_MS = 30_000

/** A job with something on both lanes and an exit code of its own, and what everyone who watches it has to see. */
const JOB = `process.stdout.write("built\\n"); process.stderr.write("1 warning\\n"); process.exitCode = 3`
export const SEEN = { main: "built\n", error: "1 warning\n", exitCode: 3 }

/**
 * Starts a broker on a free port, uses it, and stops it.
 * @template T
 * @param {readonly string[]} command path of its executable, and arguments
 * @param {RunOptions} options
 * @param {(url: string) => Promise<T>} use
 * @returns {Promise<T>}
 * @throws Error when it does not listen, or SIGTERM does not end it well
 */
export async function withBroker([file = "", ...args], options, use) {
  const broker = startProcess(file, args, { ...options, timeoutMs: BROKER_TIMEOUT_MS })
  const result = await broker
    .shows(/(ws:\/\/\S+)/)
    .then(use)
    .finally(() => broker.child.kill("SIGTERM"))
  const { code, signal, output } = await broker.ended
  if (code !== 0) throw new Error(`${file} ended with ${signal ?? code} after SIGTERM\n${output}`)
  return result
}

/**
 * Publishes a job with `luxbus run`, and watches it with `luxbus attach`.
 * @param {string} luxbus path of the executable
 * @param {RunOptions} options
 * @param {string} url the broker's
 * @param {string} id the job's name
 * @throws Error when one of the two does not see the whole of it
 */
export async function serveJob(luxbus, options, url, id) {
  for (const [command = "", ...rest] of [
    ["run", "--id", id, "--", "node", "-e", JOB],
    ["attach", id],
  ]) {
    const args = [command, "--url", url, ...rest]
    const { code, stdout, output } = await runProcess(luxbus, args, { ...options, timeoutMs: COMMAND_TIMEOUT_MS })
    if (code !== SEEN.exitCode || stdout !== SEEN.main || !output.includes(SEEN.error))
      throw new Error(`luxbus ${command} saw exit code ${code} and\n${output}`)
  }
}
