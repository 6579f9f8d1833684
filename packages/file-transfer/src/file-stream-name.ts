import { newUuid } from "@luxbus/packet"

/** What a receiver accepts: streams that carry files. */
export const FILE_PATTERN = "file.*"

/** A name for a stream that carries a file: `file.` and a random id. */
export function fileStreamName(): string {
  return `file.${newUuid()}`
}
