import type { Attachment } from "./attachment.ts"

/** Which command asked for which attachment: the broker's START names the command. */
export class AttachmentTable {
  readonly #byCommand = new Map<number, Attachment>()
  readonly #commands = new Map<Attachment, number>()

  get size(): number {
    return this.#byCommand.size
  }

  set(command: number, attachment: Attachment): void {
    this.#byCommand.set(command, attachment)
    this.#commands.set(attachment, command)
  }

  get(command: number): Attachment | undefined {
    return this.#byCommand.get(command)
  }

  /** @returns the command that had asked for it */
  delete(attachment: Attachment): number | undefined {
    const command = this.#commands.get(attachment)
    this.#commands.delete(attachment)
    if (command !== undefined) this.#byCommand.delete(command)
    return command
  }

  all(): readonly Attachment[] {
    return [...this.#commands.keys()]
  }
}
