import { BusError, ChunkFlag, MessageReader } from "@luxbus/packet"

/** Both are named rather than refused: whoever looks at a recording has negotiated nothing. */
export const ACCEPTED = { acceptedFlags: ChunkFlag.compressed | ChunkFlag.encrypted }

/** What of a message can be read. */
export interface SoundFrames {
  /** Bytes of whole frames without a fault. */
  readonly bytes: number
  /** What is wrong with the frame behind them, with its offset; undefined: nothing. */
  readonly fault: BusError | undefined
}

/** Looks how far a message can be read. */
export function soundFrames(message: Uint8Array): SoundFrames {
  const reader = new MessageReader(ACCEPTED)
  let bytes = 0
  try {
    reader.load(message)
    while (reader.next()) {
      reader.fields()
      bytes = reader.frameEnd
    }
  } catch (error) {
    return { bytes, fault: faultAt(error, bytes) }
  }
  return { bytes, fault: undefined }
}

/** The same error, saying where. Whatever is no BusError is a defect, and thrown on. */
export function faultAt(error: unknown, offset: number): BusError {
  if (!(error instanceof BusError)) throw error
  const { field } = error.details
  const where = typeof field === "string" ? ` (${field})` : ""
  return new BusError(error.code, `${error.message}${where} at offset ${offset}`, {
    cause: error,
    details: { ...error.details, offset },
  })
}
