/**
 * Where a received file goes: a file on disk, a blob of the browser's, memory. Calls come one after another, each once
 * the one before has resolved. What a sink throws becomes `storage`, and the sender is told.
 * @typeParam Stored what the file is once it is kept: its path, a blob
 */
export interface FileSink<Stored> {
  /** Takes the next bytes and keeps them; they are the sink's own. Until it resolves no more are asked for. */
  write(bytes: Uint8Array): void | Promise<void>
  /** Everything has come and both ends found the same digest: the file gets its name. */
  commit(): Stored | Promise<Stored>
  /** The file will not be whole: lets go of what was written. Never called after `commit` resolved. */
  discard(): void | Promise<void>
}
