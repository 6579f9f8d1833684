/** One connected client. */
export interface ClientSummary {
  readonly id: string
  /** When it was welcomed on this connection, in Unix ms. */
  readonly connectedAtMs: number
  readonly remoteAddress: string
  /** `luxbus.v1.bin` or `luxbus.v1.json`. */
  readonly protocol: string
  /** What it writes, reads and publishes to on this connection. */
  readonly streams: number
}
