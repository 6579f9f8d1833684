import type { Readable } from "node:stream"

/**
 * Hands on what a command writes to a pipe, chunk by chunk, until its end.
 * @param stop ends it before: the pipe breaks under the command, as if nobody read it
 */
export async function readPipe(
  source: Readable,
  take: (chunk: Uint8Array) => Promise<unknown>,
  stop?: AbortSignal,
): Promise<void> {
  try {
    for await (const chunk of source) {
      if (stop?.aborted) break
      await take(chunk)
    }
  } catch (error) {
    if (!isNeverOpened(error)) throw error
  } finally {
    source.destroy()
  }
}

/** The pipes of a command that never started close before they open. */
function isNeverOpened(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE"
}
