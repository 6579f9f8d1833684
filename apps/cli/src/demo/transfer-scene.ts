import { mkdir } from "node:fs/promises"
import { basename } from "node:path"
import type { JsonObject } from "@luxbus/packet"
import prettyBytes from "pretty-bytes"
import prettyMs from "pretty-ms"
import { Progress } from "../progress.ts"
import { readEvents } from "./crew.ts"
import { CuttingProxy } from "./cutting-proxy.ts"
import type { SceneParts } from "./job-scene.ts"
import type { Narrator } from "./narrator.ts"
import { TransferJob } from "./transfer-job.ts"

const RECEIVER = "demo-receiver"
/** Shares of the file after which the sender's connection is cut. */
const CUTS_AT = [0.25, 0.5, 0.75]

interface Cut {
  readonly at: number
  readonly share: number
  /** Bytes that had been sent twice before it. */
  repeatedBefore: number
  resumedAfterMs: number | undefined
}

/**
 * Sends a file between two processes through a connection that is cut three times.
 * @param file its path
 * @param size in bytes
 * @param folder where the receiver puts it
 * @returns whether both ends have the same SHA-256
 */
export async function playTransferScene(
  { narrator, crew, url }: SceneParts,
  { file, size, folder }: { readonly file: string; readonly size: number; readonly folder: string },
): Promise<boolean> {
  narrator.command(`luxbus receive --id ${RECEIVER} --out inbox --once`)
  narrator.command(`luxbus send --to ${RECEIVER} ${file}`)
  narrator.line("")
  await mkdir(folder, { recursive: true })
  const job = await TransferJob.open(url, ["luxbus", "send", "--to", RECEIVER, basename(file)], size)
  const transfer = new Transfer(narrator, job, basename(file), size)
  const proxy = await CuttingProxy.listen(url, (bytes) => transfer.forwarded(bytes, proxy))
  try {
    const receiving = crew.start(["receive", "--id", RECEIVER, "--out", folder, "--once", "--json", "--url", url])
    const sending = crew.start(["send", "--to", RECEIVER, file, "--json", "--url", proxy.url])
    const [received, sent] = await Promise.all([
      lastEvent(readEventsInto(receiving, () => {})),
      lastEvent(readEventsInto(sending, (event) => transfer.take(event))),
    ])
    await Promise.all([receiving.ended, sending.ended])
    const whole = transfer.report(sent, received)
    await job.end(whole)
    return whole
  } finally {
    await proxy.close()
  }
}

async function readEventsInto(member: Parameters<typeof readEvents>[0], onEvent: (event: JsonObject) => void) {
  const events: JsonObject[] = []
  await readEvents(member, (event) => {
    events[0] = event
    onEvent(event)
  })
  return events
}

async function lastEvent(events: Promise<readonly JsonObject[]>): Promise<JsonObject | undefined> {
  return (await events).find(({ type }) => type === "done")
}

/** One transfer as its sender tells it, and the cuts that it went through. */
class Transfer {
  readonly #narrator: Narrator
  readonly #job: TransferJob
  readonly #size: number
  readonly #progress: Progress
  readonly #cuts: Cut[] = []

  constructor(narrator: Narrator, job: TransferJob, name: string, size: number) {
    this.#narrator = narrator
    this.#job = job
    this.#size = size
    const { interactive, columns } = narrator
    const output = { write: (text: string) => narrator.write(text), interactive, columns, now: () => performance.now() }
    this.#progress = new Progress(output, `    ${name}`, size)
  }

  /** Cuts when the next share is through. */
  forwarded(bytes: number, proxy: CuttingProxy): void {
    const share = CUTS_AT[this.#cuts.length]
    if (share === undefined || bytes < this.#size * share) return
    this.#cuts.push({ at: performance.now(), share, repeatedBefore: 0, resumedAfterMs: undefined })
    proxy.cut()
  }

  take(event: JsonObject): void {
    const { type, bytes, repeatedBytes } = event
    const cut = this.#cuts.at(-1)
    if (type === "progress" && typeof bytes === "number") {
      this.#progress.update(bytes)
      this.#job.advance(bytes)
    }
    if (type === "suspended" && cut !== undefined && typeof repeatedBytes === "number")
      cut.repeatedBefore = repeatedBytes
    if (type !== "resumed" || cut === undefined || cut.resumedAfterMs !== undefined) return
    cut.resumedAfterMs = performance.now() - cut.at
    const said = `cut ${this.#cuts.length} at ${cut.share * 100} %: resumed after ${prettyMs(cut.resumedAfterMs)}`
    this.#progress.note(`    ${this.#narrator.paint("yellow", `--- ${said} ---`)}`)
    this.#job.remark(said)
  }

  /** @returns whether all is well */
  report(sent: JsonObject | undefined, received: JsonObject | undefined): boolean {
    this.#progress.finish(Number(sent?.["bytes"] ?? 0))
    const narrator = this.#narrator
    const total = Number(sent?.["repeatedBytes"] ?? 0)
    narrator.line("")
    this.#cuts.forEach((cut, index) => {
      const repeated = (this.#cuts[index + 1]?.repeatedBefore ?? total) - cut.repeatedBefore
      const resumed =
        cut.resumedAfterMs === undefined ? "never resumed" : `resumed after ${prettyMs(cut.resumedAfterMs)}`
      narrator.line(`    cut ${index + 1}     ${resumed}, ${prettyBytes(repeated)} sent twice`)
    })
    const equal = sent !== undefined && sent["sha256"] === received?.["sha256"]
    this.#job.result(`sent      ${digestOf(sent)}`)
    this.#job.result(`received  ${digestOf(received)}`)
    narrator.line(`    sent      ${digestOf(sent)}`)
    narrator.line(`    received  ${digestOf(received)}  ${narrator.verdict(equal)}`)
    return equal
  }
}

function digestOf(event: JsonObject | undefined): string {
  return event === undefined ? "nothing" : `${String(event["bytes"])} bytes  sha256 ${String(event["sha256"])}`
}
