import { mkdir } from "node:fs/promises"
import type { BusStream } from "@luxbus/client"
import { FILE_PATTERN, parseOffer, receiveFile } from "@luxbus/file-transfer"
import { BusError } from "@luxbus/packet"
import { defineCommand } from "../command.ts"
import { CONNECTION_OPTIONS, JSON_OPTION } from "../connection-options.ts"
import { describeFailure } from "../failure.ts"
import { FolderSink } from "../folder-sink.ts"
import { onInterrupt } from "../interrupt.ts"
import { openBus } from "../open-bus.ts"
import { readableId } from "../readable-id.ts"
import type { Terminal } from "../terminal.ts"
import { TransferView } from "../transfer-view.ts"

/** `luxbus receive`: takes files from other clients. */
export const receiveCommand = defineCommand({
  name: "receive",
  usage: "receive [options] --out <folder>",
  summary: "receive files into a folder",
  positionals: [0, 0],
  closedPipe: "ignore",
  options: {
    out: { type: "string", value: "<folder>", description: "where the files go; made if absent (default: here)" },
    id: { type: "string", value: "<id>", description: "under which senders reach you (default: a random one, told)" },
    once: { type: "boolean", description: "end after one file" },
    ...CONNECTION_OPTIONS,
    ...JSON_OPTION,
  },
  notes: [
    'Only base names are taken; a name that is there already becomes "name (1).ext". A file has its\nname once its SHA-256 is the sender\'s; until then it ends in .part.',
  ],
  examples: ["luxbus receive --out inbox --id laptop", "luxbus receive --once --json"],
  async run({ options, terminal }) {
    const folder = options.out ?? "."
    await makeFolder(folder)
    const id = options.id ?? readableId()
    const json = options.json === true
    await using bus = await openBus({ ...options, id, ...(json ? { onConnection: () => {} } : {}) }, terminal)
    const stop = new AbortController()
    const release = onInterrupt((signal) => stop.abort(new BusError("cancelled", `stopped by ${signal}`)))
    try {
      const inbox = new Inbox({ folder, json, signal: stop.signal, terminal })
      const streams = bus.accept(FILE_PATTERN, { signal: stop.signal })
      if (json) await terminal.out(`${JSON.stringify({ type: "ready", id: bus.id })}\n`)
      else await terminal.err(`luxbus: receiving as ${bus.id}; send with: luxbus send --to ${bus.id} <file>\n`)
      return options.once === true ? await inbox.takeOne(streams) : await inbox.takeAll(streams)
    } finally {
      release()
    }
  },
})

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
  } catch (cause) {
    throw new BusError("storage", `cannot make the folder ${folder}`, { cause })
  }
}

interface InboxOptions {
  readonly folder: string
  readonly json: boolean
  readonly signal: AbortSignal
  readonly terminal: Terminal
}

/** Takes the files that come, each on its own: one that fails stops no other. */
class Inbox {
  readonly #options: InboxOptions
  readonly #running = new Set<Promise<boolean>>()

  constructor(options: InboxOptions) {
    this.#options = options
  }

  /** @returns the exit code */
  async takeOne(streams: AsyncIterable<BusStream>): Promise<number> {
    for await (const stream of this.#untilStopped(streams)) return (await this.#take(stream)) ? 0 : 1
    return 0
  }

  /** @returns the exit code, once told to stop */
  async takeAll(streams: AsyncIterable<BusStream>): Promise<number> {
    for await (const stream of this.#untilStopped(streams)) {
      const taken = this.#take(stream)
      this.#running.add(taken)
      void taken.finally(() => this.#running.delete(taken))
    }
    await Promise.all(this.#running)
    return 0
  }

  async *#untilStopped(streams: AsyncIterable<BusStream>): AsyncGenerator<BusStream> {
    try {
      yield* streams
    } catch (error) {
      if (!this.#options.signal.aborted) throw error
    }
  }

  /** @returns whether the file is here */
  async #take(stream: BusStream): Promise<boolean> {
    const { terminal, json, folder, signal } = this.#options
    let view: TransferView | undefined
    try {
      const offer = parseOffer(stream.headers)
      // Two bars would draw over each other.
      const interactive = terminal.interactive && this.#running.size === 0
      view = new TransferView({
        terminal,
        action: "receiving",
        name: offer.name.replace(/\p{Cc}/gu, "?"),
        size: offer.size,
        peer: stream.peer ?? "",
        json,
        interactive,
      })
      const shown = view
      stream.onNotice((notice) => shown.notice(notice))
      const { digest, stored } = await receiveFile(stream, new FolderSink(folder, offer), {
        signal,
        onProgress: (bytes) => shown.advance(bytes),
      })
      await view.done(digest, { path: stored })
      return true
    } catch (error) {
      view?.failed()
      await terminal.err(describeFailure(error).text)
      return false
    }
  }
}
