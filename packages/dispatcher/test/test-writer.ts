import type { Clock } from "@luxbus/clock"
import { type Notice, StreamWriter, type WriterOptions } from "@luxbus/dual-stream"
import { type BusError, Lane, type Outcome, StreamKind } from "@luxbus/packet"
import { fakeHash } from "./fake-hash.ts"
import { encode } from "./text.ts"

/** What a stream is beside. */
export type WriterDetails = Pick<WriterOptions, "live" | "abandonMs" | "channel" | "waitMs" | "deadlineMs">

/** A writing application on a real StreamWriter. */
export class TestWriter {
  readonly writer: StreamWriter
  readonly notices: Notice[] = []
  readonly cancels: (string | undefined)[] = []
  error: BusError | undefined

  constructor(
    clock: Clock,
    options: WriterDetails & {
      readonly name: string
      readonly to?: string
      readonly seq: Uint8Array
      readonly epoch?: number
    },
  ) {
    const { name, to, seq, epoch, ...details } = options
    this.writer = new StreamWriter(
      {
        clock,
        createHash: fakeHash,
        events: {
          room: () => {},
          notice: (notice) => void this.notices.push(notice),
          cancelled: (reason) => void this.cancels.push(reason),
          complete: () => {},
          failed: (error) => {
            this.error = error
          },
        },
      },
      to === undefined && details.channel === undefined
        ? { kind: StreamKind.hosted, name, epoch: 0, seq, headers: { title: name }, ...details }
        : {
            kind: StreamKind.relayed,
            name,
            ...(to !== undefined && { to }),
            epoch: epoch ?? 1,
            seq,
            windowMs: 120_000,
            ...details,
          },
    )
  }

  write(...texts: string[]): this {
    for (const text of texts) this.writer.write(Lane.main, encode(text), 0)
    return this
  }

  writeError(...texts: string[]): this {
    for (const text of texts) this.writer.write(Lane.error, encode(text), 0)
    return this
  }

  finish(outcome: Omit<Outcome, "main" | "error"> = { status: "done" }): this {
    this.writer.finish(outcome)
    return this
  }

  noticed(type: Notice["type"]): boolean {
    return this.notices.some((notice) => notice.type === type)
  }
}
