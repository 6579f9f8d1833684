import { realpathSync } from "node:fs"
import { mkdtemp, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join, relative } from "node:path"
import { type Broker, createLog, loadConfig, startBroker } from "@luxbus/broker"
import { BusError } from "@luxbus/packet"
import { defineCommand } from "../command.ts"
import { DEFAULT_URL } from "../connection-options.ts"
import { Crew } from "../demo/crew.ts"
import { playJobScene, type SceneParts } from "../demo/job-scene.ts"
import { Narrator } from "../demo/narrator.ts"
import { playTransferScene } from "../demo/transfer-scene.ts"
import { INTERRUPTED } from "../exit-code.ts"
import { onInterrupt } from "../interrupt.ts"
import type { Terminal } from "../terminal.ts"

/** `luxbus demo`: a broker, a job and a transfer, cut while they run. */
export const demoCommand = defineCommand({
  name: "demo",
  usage: "demo [options]",
  summary: "see streams survive cuts, on this machine alone",
  positionals: [0, 0],
  closedPipe: "ignore",
  options: {
    port: { type: "string", value: "<number>", description: "of the demo's broker; 0 picks one (default: 7700)" },
    exit: { type: "boolean", description: "end after the show: 0 only if all that arrived is what was sent" },
  },
  examples: ["luxbus demo", "luxbus demo --exit", "luxbus demo --port 0"],
  async run({ options, terminal }) {
    const script = realpathSync(process.argv[1] ?? "")
    const crew = new Crew(script)
    const interrupted = new AbortController()
    const release = onInterrupt(() => {
      interrupted.abort()
      void crew.stop()
    })
    const folder = await mkdtemp(join(tmpdir(), "luxbus-demo-"))
    let broker: Broker | undefined
    try {
      const flags = { port: options.port, demo: true, "log-level": "silent" }
      const config = await loadConfig({ env: {}, flags, directory: folder })
      broker = await startBroker(config, { log: createLog(config.log) }).catch((error) => {
        throw explainTakenPort(error, terminal)
      })
      const narrator = new Narrator(terminal, process.stdout.isTTY === true, interrupted.signal)
      const whole = await play({ narrator, crew, url: broker.url }, { script, folder, page: broker.page })
      if (interrupted.signal.aborted) return INTERRUPTED
      if (options.exit === true) return whole ? 0 : 1
      suggest(narrator, script, broker)
      await aborted(interrupted.signal)
      return 0
    } finally {
      await crew.stop()
      await broker?.close()
      await rm(folder, { recursive: true, force: true })
      release()
    }
  },
})

function explainTakenPort(error: unknown, { env }: Terminal): unknown {
  if (!(error instanceof BusError) || error.details["port"] === undefined) return error
  const start = env["npm_lifecycle_event"] === "start" ? "npm start --" : "luxbus demo"
  return new BusError(error.code, `port ${error.details["port"]} is taken: choose another with ${start} --port 0`)
}

interface Stage {
  /** Path of the command. */
  readonly script: string
  /** Of the demo's own, for what it receives. */
  readonly folder: string
  readonly page: string | undefined
}

async function play(parts: SceneParts, { script, folder, page }: Stage): Promise<boolean> {
  const { narrator, url } = parts
  narrator.heading("luxbus: streams that survive")
  narrator.say(`A broker listens on ${url}, for this machine alone.`)
  narrator.say(`Watch along in a browser: ${narrator.paint("cyan", page ?? "")}`)

  narrator.heading("1. A job, watched from another process whose connection is cut")
  const jobWhole = await playJobScene(parts, join(dirname(script), "demo", "job.js"))
  if (narrator.silenced) return false

  narrator.heading("2. A file, from one process to another, cut three times on the way")
  const { size } = await stat(process.execPath)
  const fileWhole = await playTransferScene(parts, { file: process.execPath, size, folder: join(folder, "inbox") })

  narrator.line("")
  narrator.say(jobWhole && fileWhole ? "All of it arrived, whole and in order." : "Something went wrong.")
  return jobWhole && fileWhole
}

function suggest(narrator: Narrator, script: string, { url, page = "" }: Broker): void {
  const luxbus = `node ${relative(process.cwd(), script)}`
  const at = url === DEFAULT_URL ? "" : ` --url ${url}`
  narrator.heading("Now you")
  narrator.say("The broker stays up until Ctrl-C. In a browser: watch these jobs or start one, cut its connection,")
  narrator.say("open a second viewer, send a file from tab to tab.")
  narrator.line("")
  narrator.say(narrator.paint("cyan", page))
  narrator.line("")
  narrator.say("In other terminals, from this folder:")
  narrator.line("")
  narrator.command(`${luxbus} run${at} --id mine -- ping 127.0.0.1`)
  narrator.command(`${luxbus} attach${at} mine`)
  narrator.command(`${luxbus} list${at}`)
  narrator.command(`${luxbus} cancel${at} mine`)
  narrator.line("")
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener("abort", () => resolve(), { once: true })
  })
}
