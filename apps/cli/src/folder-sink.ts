import { chmod, type FileHandle, open, rm } from "node:fs/promises"
import { type FileOffer, type FileSink, safeBaseName } from "@luxbus/file-transfer"
import { createFree, moveIntoPlace } from "./received-name.ts"

/**
 * Stores a received file in a folder: in a `.part` file, which gets its name once the file is whole. It never replaces
 * a file that was there.
 */
export class FolderSink implements FileSink<string> {
  readonly #folder: string
  readonly #name: string
  readonly #mode: number | undefined
  #path: string | undefined
  #file: FileHandle | undefined

  /** @param offer whose name is taken as a base name, and whose mode the file gets */
  constructor(folder: string, { name, mode }: FileOffer) {
    this.#folder = folder
    this.#name = safeBaseName(name)
    this.#mode = mode
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { file } = await this.#part()
    // A disk that fills up may take a part without an error; the next write then says why.
    for (let offset = 0; offset < bytes.length; ) offset += (await file.write(bytes, offset)).bytesWritten
  }

  /** @returns the file's path */
  async commit(): Promise<string> {
    const { path, file } = await this.#part()
    await file.close()
    if (this.#mode !== undefined) await chmod(path, this.#mode)
    return moveIntoPlace(path, this.#folder, this.#name)
  }

  async discard(): Promise<void> {
    await this.#file?.close()
    if (this.#path !== undefined) await rm(this.#path, { force: true })
  }

  async #part(): Promise<{ readonly path: string; readonly file: FileHandle }> {
    this.#path ??= await createFree(this.#folder, this.#name, ".part")
    this.#file ??= await open(this.#path, "w")
    return { path: this.#path, file: this.#file }
  }
}
