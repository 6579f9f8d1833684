import type { ErrorCode } from "@luxbus/packet"
import type { StreamReader } from "./reader.ts"
import type { StreamWriter } from "./writer.ts"

/**
 * Where a duplex stands: `opening → open → half-closed(local|remote) → closed | error(code)`. `suspended` lies over any
 * of them while a connection on the way is away.
 */
export type DuplexState = { readonly suspended: boolean } & (
  | { readonly name: "opening" | "open" | "closed" }
  | { readonly name: "half-closed"; readonly side: "local" | "remote" }
  | { readonly name: "error"; readonly code: ErrorCode }
)

/** Two streams, one each way, under one name: what `open` to a peer returns and `accept` hands out. */
export class Duplex {
  readonly writer: StreamWriter
  readonly reader: StreamReader

  constructor(writer: StreamWriter, reader: StreamReader) {
    this.writer = writer
    this.reader = reader
  }

  get state(): DuplexState {
    const suspended = this.writer.suspended || this.reader.suspended
    const failure = this.writer.error ?? this.reader.error
    if (failure !== undefined) return { name: "error", code: failure.code, suspended }
    const localEnded = this.writer.outcome !== undefined
    const remoteEnded = this.reader.outcome !== undefined
    if (localEnded && remoteEnded) return { name: "closed", suspended }
    if (localEnded || remoteEnded) return { name: "half-closed", side: localEnded ? "local" : "remote", suspended }
    return { name: this.writer.state === "opening" ? "opening" : "open", suspended }
  }
}
