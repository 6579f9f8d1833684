import { type CharacterId, type EditMessage, MAX_CHARACTERS, MAX_SHOWN, type SnapshotRun, splitId } from "./messages.ts"

/** One character, in its place among the others. */
interface Character {
  readonly id: CharacterId
  readonly text: string
  previous: Character | undefined
  next: Character | undefined
  /** Deleted: it stays for a while, since somebody may be typing behind it. */
  gone: "no" | "lately" | "before"
}

/** What an edit has changed: enough to take it back. */
export interface Applied {
  readonly inserted: readonly Character[]
  readonly deleted: readonly Character[]
}

/**
 * A text as a list of characters with ids. Whoever applies the same edits in the same order has the same list: text comes
 * directly behind the character that it names, or at the end where that one is no longer known.
 */
export class CharacterList {
  readonly #byId = new Map<CharacterId, Character>()
  #first: Character | undefined
  #last: Character | undefined
  #goneCount = 0

  /** Characters that are kept though they are gone. */
  get goneCount(): number {
    return this.#goneCount
  }

  /** Whether nothing was ever typed. */
  get isBlank(): boolean {
    return this.#byId.size === 0
  }

  /** Room for further characters, once so many others have been deleted. */
  roomBehind(deleted: number): number {
    const kept = this.#byId.size
    const shown = kept - this.#goneCount - deleted
    return Math.min(MAX_SHOWN - shown, MAX_CHARACTERS - kept)
  }

  isShown(id: CharacterId): boolean {
    return this.#byId.get(id)?.gone === "no"
  }

  /** The text, and for each of its code units the id of the character that it belongs to. */
  shown(): { readonly text: string; readonly ids: readonly CharacterId[] } {
    const ids: CharacterId[] = []
    let text = ""
    for (const { id, text: own, gone } of this.#characters()) {
      if (gone !== "no") continue
      text += own
      for (let unit = 0; unit < own.length; unit++) ids.push(id)
    }
    return { text, ids }
  }

  /** Applies an edit: what it inserts a second time, deletes a second time, or has no room for, it leaves out. */
  apply({ insert, delete: spans = [] }: Pick<EditMessage, "insert" | "delete">): Applied {
    const inserted: Character[] = []
    const deleted: Character[] = []
    // First of all: what replaces a text needs the room of that.
    for (const { id, count } of spans) {
      const [author, number] = splitId(id)
      for (let index = 0; index < count; index++) {
        const character = this.#byId.get(`${author}.${number + index}`)
        if (character?.gone !== "no") continue
        character.gone = "lately"
        this.#goneCount++
        deleted.push(character)
      }
    }
    if (insert !== undefined) {
      const [author, number] = splitId(insert.id)
      const texts = Array.from(insert.text)
      let place = insert.after === null ? undefined : (this.#byId.get(insert.after) ?? this.#last)
      if (texts.length <= this.roomBehind(0)) {
        for (const [index, text] of texts.entries()) {
          const id = `${author}.${number + index}`
          if (this.#byId.has(id)) continue
          const character: Character = { id, text, previous: undefined, next: undefined, gone: "no" }
          this.#link(character, place)
          inserted.push(character)
          place = character
        }
      }
    }
    return { inserted, deleted }
  }

  /** Takes back what was applied last. */
  undo({ inserted, deleted }: Applied): void {
    for (const character of deleted) character.gone = "no"
    this.#goneCount -= deleted.length
    for (const character of inserted) this.#unlink(character)
  }

  /** Lets go of what was gone at the time before. */
  forgetGone(): void {
    for (const character of this.#characters()) {
      if (character.gone === "lately") character.gone = "before"
      else if (character.gone === "before") {
        this.#unlink(character)
        this.#goneCount--
      }
    }
  }

  /** All of it, in runs. */
  runs(indexOf: (author: string) => number): readonly SnapshotRun[] {
    const runs: { author: string; first: number; count: number; gone: Character["gone"]; text: string }[] = []
    for (const { id, text, gone } of this.#characters()) {
      const [author, number] = splitId(id)
      const last = runs.at(-1)
      if (last?.author === author && last.gone === gone && last.first + last.count === number) {
        last.text += text
        last.count++
      } else runs.push({ author, first: number, count: 1, gone, text })
    }
    return runs.map(({ author, first, count, gone, text }) => [
      indexOf(author),
      first,
      gone === "no" ? text : gone === "lately" ? count : -count,
    ])
  }

  /** Becomes what {@link runs} has told. */
  load(runs: readonly SnapshotRun[], authors: readonly string[]): void {
    this.#byId.clear()
    this.#first = undefined
    this.#last = undefined
    this.#goneCount = 0
    for (const [author, first, content] of runs) {
      const isText = typeof content === "string"
      const texts = isText ? Array.from(content) : Array<string>(Math.abs(content)).fill("")
      for (const [index, text] of texts.entries()) {
        const id = `${authors[author]}.${first + index}`
        if (this.#byId.has(id)) continue
        const gone = isText ? "no" : content > 0 ? "lately" : "before"
        this.#link({ id, text, previous: undefined, next: undefined, gone }, this.#last)
        if (!isText) this.#goneCount++
      }
    }
  }

  *#characters(): Generator<Character> {
    for (let character = this.#first; character !== undefined; ) {
      const { next } = character
      yield character
      character = next
    }
  }

  #link(character: Character, after: Character | undefined): void {
    const next = after === undefined ? this.#first : after.next
    character.previous = after
    character.next = next
    if (after === undefined) this.#first = character
    else after.next = character
    if (next === undefined) this.#last = character
    else next.previous = character
    this.#byId.set(character.id, character)
  }

  #unlink(character: Character): void {
    const { previous, next } = character
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    this.#byId.delete(character.id)
  }
}
