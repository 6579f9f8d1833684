import { basename } from "node:path"
import { isJsonObject, type JsonObject } from "@luxbus/packet"
import prettyMs from "pretty-ms"
import { type Crew, readEvents } from "./crew.ts"
import { CuttingProxy } from "./cutting-proxy.ts"
import { LaneDigest } from "./lane-digest.ts"
import type { Narrator } from "./narrator.ts"

/** What a scene needs. */
export interface SceneParts {
  readonly narrator: Narrator
  readonly crew: Crew
  /** The broker's address. */
  readonly url: string
}

const JOB_ID = "demo-job"
/** Lines of the job after which the watcher's connection is cut. */
const CUTS_AFTER = [8, 22]

/**
 * Runs a real command on the bus and watches it through a connection that is cut twice.
 * @param script path of the command
 * @returns whether the watcher got what the command wrote, and its exit code
 */
export async function playJobScene({ narrator, crew, url }: SceneParts, script: string): Promise<boolean> {
  narrator.command(`luxbus attach ${JOB_ID} --wait`)
  narrator.command(`luxbus run --id ${JOB_ID} -- node ${basename(script)}`)
  narrator.line("")
  const proxy = await CuttingProxy.listen(url)
  try {
    const watcher = new Watcher(narrator, proxy)
    const watching = crew.start(["attach", JOB_ID, "--wait", "--json", "--url", proxy.url])
    const watched = readEvents(watching, (event) => watcher.take(event))
    const running = crew.start(["run", "--id", JOB_ID, "--url", url, "--", process.execPath, script])
    const written = { main: new LaneDigest(), error: new LaneDigest() }
    running.child.stdout?.on("data", (data: Uint8Array) => written.main.add(data))
    running.child.stderr?.on("data", (data: Uint8Array) => written.error.add(data))
    const [exitCode, seenCode] = await Promise.all([running.ended, watching.ended, watched])
    narrator.line("")
    const equal = compare(narrator, written, watcher, exitCode, seenCode)
    narrator.line(`    outcome    ${watcher.outcome}`)
    return equal
  } finally {
    await proxy.close()
  }
}

/** Shows what the watcher sees, and cuts its connection as the job goes on. */
class Watcher {
  readonly main = new LaneDigest()
  readonly error = new LaneDigest()
  /** The job's end as the watcher was told it. */
  outcome = "none"
  readonly #narrator: Narrator
  readonly #proxy: CuttingProxy
  readonly #cutsAfter = [...CUTS_AFTER]
  #lines = 0
  #cutAt = 0

  constructor(narrator: Narrator, proxy: CuttingProxy) {
    this.#narrator = narrator
    this.#proxy = proxy
  }

  take(event: JsonObject): void {
    const { type, lane, data, encoding, connected } = event
    if (type === "connection" && connected === true && this.#cutAt > 0)
      this.#narrator.event(`connected again after ${prettyMs(performance.now() - this.#cutAt)}, and goes on`)
    if (type === "outcome" && isJsonObject(event["outcome"])) this.outcome = describeOutcome(event["outcome"])
    if (type !== "chunk" || typeof data !== "string") return
    const bytes = Buffer.from(data, encoding === "base64" ? "base64" : "utf8")
    const isMain = lane === "main"
    const digest = isMain ? this.main : this.error
    digest.add(bytes)
    this.#show(isMain ? this.#narrator.paint("green", "stdout") : this.#narrator.paint("yellow", "stderr"), bytes)
  }

  #show(label: string, bytes: Buffer): void {
    for (const line of bytes.toString().trimEnd().split("\n")) {
      this.#narrator.line(`    ${label} | ${line.slice(0, this.#narrator.columns - 16)}`)
      this.#lines++
    }
    const next = this.#cutsAfter[0]
    if (next === undefined || this.#lines < next) return
    this.#cutsAfter.shift()
    this.#narrator.event("the watcher's connection is cut")
    this.#cutAt = performance.now()
    this.#proxy.cut()
  }
}

function describeOutcome({ status, message }: JsonObject): string {
  return message === undefined ? String(status) : `${status}: ${message}`
}

function compare(
  narrator: Narrator,
  written: { readonly main: LaneDigest; readonly error: LaneDigest },
  seen: { readonly main: LaneDigest; readonly error: LaneDigest },
  exitCode: number | undefined,
  seenCode: number | undefined,
): boolean {
  const rows = (["main", "error"] as const).map((lane) => {
    const [there, here] = [written[lane].sha256(), seen[lane].sha256()]
    const equal = there === here && written[lane].bytes === seen[lane].bytes
    const name = lane === "main" ? "stdout" : "stderr"
    return {
      equal,
      cells: [
        name,
        `${written[lane].bytes} bytes, ${there.slice(0, 12)}`,
        `${seen[lane].bytes} bytes, ${here.slice(0, 12)}`,
      ],
    }
  })
  const sameCode = exitCode !== undefined && exitCode === seenCode
  rows.push({ equal: sameCode, cells: ["exit code", String(exitCode ?? "none"), String(seenCode ?? "none")] })
  const widths = [11, 28, 28]
  const format = (cells: readonly string[]) => cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("")
  narrator.line(`    ${narrator.paint("dim", format(["", "written by the job", "got by the watcher"]))}`)
  for (const { equal, cells } of rows) narrator.line(`    ${format(cells)}${narrator.verdict(equal)}`)
  return rows.every(({ equal }) => equal)
}
