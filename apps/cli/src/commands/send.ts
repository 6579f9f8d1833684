import type { BusStream } from "@luxbus/client"
import { fileStreamName, offerHeaders, sendFile } from "@luxbus/file-transfer"
import { BusError } from "@luxbus/packet"
import prettyMs from "pretty-ms"
import { defineCommand } from "../command.ts"
import { CONNECTION_OPTIONS, JSON_OPTION } from "../connection-options.ts"
import { INTERRUPTED } from "../exit-code.ts"
import { openFileSource } from "../file-source.ts"
import { onInterrupt, untilInterrupt } from "../interrupt.ts"
import { openBus } from "../open-bus.ts"
import { openToPeer } from "../open-to-peer.ts"
import { usageError } from "../parse-command-line.ts"
import { secondsOption } from "../seconds-option.ts"
import { TransferView } from "../transfer-view.ts"

const DEFAULT_WAIT_MS = 30_000

/** `luxbus send`: a file to another client. */
export const sendCommand = defineCommand({
  name: "send",
  usage: "send [options] --to <id> <file | ->",
  summary: "send a file to who runs luxbus receive",
  positionals: [1, 1],
  closedPipe: "ignore",
  options: {
    to: { type: "string", value: "<id>", description: "the receiver's id" },
    name: {
      type: "string",
      value: "<name>",
      description: "what the receiver calls the file (default: as it is called)",
    },
    wait: {
      type: "string",
      value: "<seconds>",
      description: `how long to wait for the receiver (default: ${DEFAULT_WAIT_MS / 1000})`,
    },
    ...CONNECTION_OPTIONS,
    ...JSON_OPTION,
  },
  notes: ["Prints the file's SHA-256 once the receiver has found the same."],
  examples: ["luxbus send --to laptop disk.img", "tar c photos | luxbus send --to laptop --name photos.tar -"],
  async run({ options, positionals: [file = ""], terminal }) {
    const { to, json = false } = options
    if (to === undefined) throw usageError({ name: "send" }, "tell the receiver: --to <id>")
    const waitMs = secondsOption({ name: "send" }, "wait", options.wait, DEFAULT_WAIT_MS)
    const source = await openFileSource(file, options.name)

    await using bus = await openBus(json ? { ...options, onConnection: () => {} } : options, terminal)
    let stream: BusStream | undefined
    const view = new TransferView({
      terminal,
      action: "sending",
      name: source.name,
      size: source.size,
      peer: to,
      json,
      facts: () => ({ repeatedBytes: stream?.repeatedBytes ?? 0 }),
    })
    let waiting = false
    const opening = openToPeer(bus, fileStreamName(), {
      peer: to,
      headers: offerHeaders(source),
      waitMs,
      onNotice(notice) {
        if (notice.type !== "waiting" || json) return view.notice(notice)
        if (!waiting) view.say(`${to} is not there; waiting for ${prettyMs(waitMs)}`)
        waiting = true
      },
    })
    stream = await untilInterrupt(opening)
    if (stream === undefined) return INTERRUPTED
    const stop = new AbortController()
    const release = onInterrupt((signal) => stop.abort(new BusError("cancelled", `stopped by ${signal}`)))
    try {
      const digest = await sendFile(stream, source.content, {
        onProgress: (bytes) => view.advance(bytes),
        onComplaint: (text) => view.complaint(text),
        signal: stop.signal,
      })
      await view.done(digest, { repeatedBytes: stream.repeatedBytes })
      return 0
    } catch (error) {
      view.failed()
      if (stop.signal.aborted) return INTERRUPTED
      throw error
    } finally {
      release()
      source.content.destroy()
    }
  },
})
