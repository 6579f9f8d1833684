import { ChunkFlag, CODEC_SHIFT, type Codec } from "./flags.ts"

/** The flags of a chunk with this codec; `more` says that its message goes on in the next chunk. */
export function flagsOf(codec: Codec, more: boolean): number {
  return (codec << CODEC_SHIFT) | (more ? ChunkFlag.more : 0)
}
