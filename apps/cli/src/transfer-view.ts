import type { FileDigest } from "@luxbus/file-transfer"
import prettyBytes from "pretty-bytes"
import prettyMs from "pretty-ms"
import { type Notice, noticeText } from "./notice-text.ts"
import { Progress } from "./progress.ts"
import type { Terminal } from "./terminal.ts"

/** What {@link TransferView} shows, and how. */
export interface TransferViewOptions {
  readonly terminal: Terminal
  /** `sending` or `receiving`. */
  readonly action: "sending" | "receiving"
  readonly name: string
  readonly size: number | undefined
  /** The other client. */
  readonly peer: string
  readonly json: boolean
  /** More for every JSON event. Default: nothing. */
  readonly facts?: () => object
  /** Whether a bar may be drawn. Default: when a person reads stderr. */
  readonly interactive?: boolean
}

const JSON_EVERY_MS = 200

/** Shows one transfer: a progress bar and sentences on stderr, or events as JSON on stdout. */
export class TransferView {
  readonly #options: TransferViewOptions
  readonly #progress: Progress
  readonly #startedAt = performance.now()
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(options: TransferViewOptions) {
    const { terminal, name, size, interactive = terminal.interactive } = options
    this.#options = options
    const output = {
      write: (text: string) => void terminal.err(text),
      interactive,
      columns: terminal.columns,
      now: () => performance.now(),
    }
    this.#progress = new Progress(output, name, size)
  }

  /** @param bytes through in all */
  advance(bytes: number): void {
    if (!this.#options.json) {
      this.#progress.update(bytes)
      return
    }
    const now = performance.now()
    if (now - this.#toldAt < JSON_EVERY_MS) return
    this.#toldAt = now
    this.#event({ type: "progress", bytes, size: this.#options.size ?? null })
  }

  notice(notice: Notice): void {
    if (this.#options.json) this.#event({ ...notice })
    else this.say(noticeText(notice, this.#options.peer).replace(/^luxbus: |\n$/g, ""))
  }

  /** What the other side reports while data flows. */
  complaint(text: string): void {
    const safe = text.replace(/\p{Cc}/gu, " ").trim()
    if (this.#options.json) this.#event({ type: "complaint", text: safe })
    else this.say(`${this.#options.peer} says: ${safe}`)
  }

  /** A sentence above the bar; nothing for an empty one. */
  say(text: string): void {
    if (text !== "") this.#progress.note(`luxbus: ${text}`)
  }

  /** @param facts more for the event, such as where the file lies */
  async done(digest: FileDigest, facts: Readonly<Record<string, string | number>>): Promise<void> {
    const { json, terminal, name, peer, action } = this.#options
    const durationMs = performance.now() - this.#startedAt
    if (json) {
      await terminal.out(
        `${JSON.stringify({ type: "done", name, ...digest, durationMs: Math.round(durationMs), ...facts })}\n`,
      )
      return
    }
    this.#progress.finish(digest.bytes)
    const verb = action === "sending" ? `sent to ${peer}` : `received from ${peer}`
    const rate = prettyBytes((digest.bytes * 1_000) / Math.max(1, durationMs))
    await terminal.err(`luxbus: ${name} ${verb}: ${prettyBytes(digest.bytes)} in ${prettyMs(durationMs)} (${rate}/s)\n`)
    await terminal.out(`${digest.sha256}  ${facts["path"] ?? name}\n`)
  }

  failed(): void {
    this.#progress.stop()
  }

  #event(event: object): void {
    const { terminal, facts } = this.#options
    void terminal.out(`${JSON.stringify({ ...event, ...facts?.() })}\n`)
  }
}
