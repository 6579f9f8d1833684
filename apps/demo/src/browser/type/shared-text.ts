import { type Applied, CharacterList } from "./character-list.ts"
import {
  type CharacterId,
  type EditMessage,
  MAX_INSERTED,
  MAX_SPANS,
  type SnapshotMessage,
  type SnapshotRun,
  type TypeMessage,
} from "./messages.ts"
import { snapshotOf } from "./snapshot.ts"
import { spansOf } from "./spans.ts"

/** What became of a message. */
export type Verdict =
  /** It is in the text now; an edit of one's own was before. */
  | "accepted"
  /** It is there already. */
  | "repeated"
  /** An earlier edit of its author is missing, which its author will send again with this one behind it. */
  | "early"
  /** It waits for a snapshot, or means nothing here. */
  | "held"

/** What a person does to the text. */
export interface Change {
  /** The character that the inserted text comes behind; null: the text's start. */
  readonly after: CharacterId | null
  readonly deleted: readonly CharacterId[]
  readonly inserted: string
}

/** Messages that are kept while a snapshot is awaited. */
const MAX_HELD = 4_000

/**
 * One person's copy of a text that several write. The topic gives all messages one order, and every copy applies them in
 * it; over what is confirmed lie the edits of its own that have not come back yet. An edit that is missing its
 * predecessor is refused by all copies alike, so an author repeats all that is unconfirmed, in order, whenever any of it
 * may be lost.
 */
export class SharedText {
  readonly #list = new CharacterList()
  readonly #newAuthor: () => string
  /** By author, how many edits are confirmed. */
  #seen = new Map<string, number>()
  #pending: { readonly message: EditMessage; applied: Applied }[] = []
  /** While there is a gap before what it reads: what has come since. */
  #held: { readonly cursor: string; readonly message: TypeMessage }[] | undefined
  #cursor: string | undefined
  #author: string
  #seq = 0
  #nextNumber = 0
  /** What it had of a topic that is no more, until somebody's copy of it is the new one's beginning. */
  #rescued: SnapshotMessage | undefined
  /** Whether the topic has such a beginning. */
  #hasBase = false

  /** @param newAuthor makes up a name that nobody else has */
  constructor(newAuthor: () => string) {
    this.#newAuthor = newAuthor
    this.#author = newAuthor()
  }

  /** Under what name it edits. */
  get author(): string {
    return this.#author
  }

  /** Whether all that it has read is in it. If not, it waits for a snapshot. */
  get isWhole(): boolean {
    return this.#held === undefined && this.#rescued === undefined
  }

  /** Edits that have not come back, the oldest first. */
  get pending(): readonly EditMessage[] {
    return this.#pending.map(({ message }) => message)
  }

  get goneCount(): number {
    return this.#list.goneCount
  }

  shown(): ReturnType<CharacterList["shown"]> {
    return this.#list.shown()
  }

  isShown(id: CharacterId): boolean {
    return this.#list.isShown(id)
  }

  /** Applies what this person does. @returns to be published, in order; none where the text is full */
  edit({ after, deleted, inserted }: Change): readonly EditMessage[] {
    const characters = Array.from(inserted)
    if (characters.length > this.#list.roomBehind(deleted.length)) return []
    const messages: EditMessage[] = []
    const spans = spansOf(deleted)
    let place = after
    // What replaces a selection of moderate size is one message with it.
    do {
      const removed = spans.splice(0, MAX_SPANS)
      // Not before all is deleted: until then there may be no room.
      const text = spans.length > 0 ? "" : characters.splice(0, MAX_INSERTED).join("")
      const id = `${this.#author}.${this.#nextNumber}`
      const message: EditMessage = {
        type: "edit",
        by: this.#author,
        seq: ++this.#seq,
        ...(text !== "" && { insert: { id, after: place, text } }),
        ...(removed.length > 0 && { delete: removed }),
      }
      const applied = this.#list.apply(message)
      this.#nextNumber += applied.inserted.length
      place = applied.inserted.at(-1)?.id ?? place
      this.#pending.push({ message, applied })
      messages.push(message)
    } while (characters.length > 0 || spans.length > 0)
    return messages
  }

  /** Takes the topic's next message. @param cursor where the topic goes on behind it */
  receive(message: TypeMessage, cursor: string): Verdict {
    if (this.#held !== undefined) return this.#hold(message, cursor)
    this.#cursor = cursor
    switch (message.type) {
      case "ask":
        return "held"
      case "edit":
        return this.#receiveEdit(message)
      case "snapshot":
        return this.#receiveSnapshot(message)
    }
  }

  /** What lies between the last message and the next is lost, but the topic is the same. */
  lost(): void {
    this.#held = []
    this.#cursor = undefined
  }

  /** The topic is another one, which begins with nothing: what there was of the text is brought back into it. */
  began(): void {
    this.#held = undefined
    this.#cursor = undefined
    this.#hasBase = false
    this.#confirm(() => {
      if (this.#seen.size > 0 || !this.#list.isBlank) this.#rescued ??= this.#snapshot(null)
      this.#list.load([], [])
    })
    this.#seen = new Map()
  }

  /** What it had of a topic that is no more: to be published, until somebody's has come back. */
  get rescued(): SnapshotMessage | undefined {
    return this.#rescued
  }

  /** The confirmed text; undefined where it is not whole. */
  snapshot(): SnapshotMessage | undefined {
    const cursor = this.#cursor
    if (!this.isWhole || cursor === undefined) return undefined
    return this.#confirm(() => this.#snapshot(cursor))
  }

  #receiveEdit(message: EditMessage): Verdict {
    const expected = (this.#seen.get(message.by) ?? 0) + 1
    if (message.seq < expected) return "repeated"
    if (message.seq > expected) return "early"
    this.#seen.set(message.by, message.seq)
    // Nothing came between since it was applied, so it stays as it is.
    if (message.by === this.#author && this.#pending[0]?.message.seq === message.seq) this.#pending.shift()
    else this.#confirm(() => this.#list.apply(message))
    return "accepted"
  }

  #receiveSnapshot(message: SnapshotMessage): Verdict {
    if (message.at === null) return this.#receiveBase(message)
    this.#confirm(() => this.#list.forgetGone())
    return "accepted"
  }

  /** Of a topic that is no more: the first one's text comes before what has been typed since. */
  #receiveBase({ authors, seen, runs }: SnapshotMessage): Verdict {
    if (this.#hasBase) return "repeated"
    const since = this.#confirm(() => this.#snapshot(null))
    const all = new Map(seen.map((count, index) => [authors[index] ?? "", count]))
    for (const [author, count] of this.#seen) all.set(author, Math.max(count, all.get(author) ?? 0))
    const names = [...authors, ...since.authors]
    const later = since.runs.map(([author, first, content]) => [author + authors.length, first, content] as const)
    this.#adopt(all, [...runs, ...later], names)
    this.#hasBase = true
    return "accepted"
  }

  #hold(message: TypeMessage, cursor: string): Verdict {
    const held = this.#held ?? []
    held.push({ cursor, message })
    if (held.length > MAX_HELD) held.shift()
    if (message.type !== "snapshot" || message.at === null) return "held"
    const last = held.findIndex((each) => each.cursor === message.at)
    if (last === -1) return "held"
    this.#adopt(
      new Map(message.seen.map((count, index) => [message.authors[index] ?? "", count])),
      message.runs,
      message.authors,
    )
    this.#hasBase = message.hasBase
    this.#held = undefined
    for (const each of held.slice(last + 1)) this.receive(each.message, each.cursor)
    this.#cursor = cursor
    return "accepted"
  }

  #adopt(seen: ReadonlyMap<string, number>, runs: readonly SnapshotRun[], authors: readonly string[]): void {
    this.#rescued = undefined
    const confirmed = (this.#pending[0]?.message.seq ?? this.#seq + 1) - 1
    this.#seen = new Map([...seen].filter(([, count]) => count > 0))
    const mine = this.#seen.get(this.#author) ?? 0
    this.#confirm(() => {
      this.#list.load(runs, authors)
      this.#pending = this.#pending.filter(({ message }) => message.seq > mine)
      if (mine < confirmed) this.#renumber()
    })
  }

  /** Some of what was confirmed is not in the text that goes on: its author goes on under another name, from 1. */
  #renumber(): void {
    this.#author = this.#newAuthor()
    this.#seq = 0
    this.#nextNumber = 0
    this.#pending = this.#pending.map(({ message, applied }) => ({
      message: { ...message, by: this.#author, seq: ++this.#seq },
      applied,
    }))
  }

  /** Does something to the confirmed text: what is pending is taken off, and laid over it again. */
  #confirm<T>(change: () => T): T {
    for (const { applied } of this.#pending.toReversed()) this.#list.undo(applied)
    const result = change()
    for (const each of this.#pending) each.applied = this.#list.apply(each.message)
    return result
  }

  #snapshot(at: string | null): SnapshotMessage {
    return snapshotOf(this.#list, this.#seen, { at, hasBase: this.#hasBase })
  }
}
