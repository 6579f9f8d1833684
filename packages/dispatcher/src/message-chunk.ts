/** One chunk of a message, a copy: it outlives the connection's message, or the run, that it came in. */
export interface MessageChunk {
  readonly flags: number
  readonly data: Uint8Array
}
