import { changeBetween } from "./edit.ts"
import type { CharacterId, EditMessage } from "./messages.ts"
import type { Room } from "./room.ts"

/** What a draft needs of a text area. */
export interface TextField {
  value: string
  readonly selectionStart: number
  readonly selectionEnd: number
  readonly selectionDirection: "forward" | "backward" | "none"
  scrollTop: number
  setSelectionRange(start: number, end: number, direction: "forward" | "backward" | "none"): void
}

/** What a draft needs of a room. */
type DraftRoom = Pick<Room, "text" | "edit">

/**
 * Keeps a text area and a room's text the same, both ways. The text may have moved on since the area was drawn: what is
 * typed is taken as an edit of what is seen, by the ids of its characters.
 */
export class Draft {
  readonly #field: TextField
  readonly #room: DraftRoom
  /** What the area shows, and whose characters they are, by code unit. */
  #text = ""
  #ids: readonly CharacterId[] = []
  #isComposing = false

  constructor(field: TextField, room: DraftRoom) {
    this.#field = field
    this.#room = room
    field.value = ""
  }

  /** An input method begins to make up characters: the area is left alone until it has. */
  beginComposition(): void {
    this.#isComposing = true
  }

  endComposition(): void {
    this.#isComposing = false
    this.typed()
    // What others typed meanwhile, where nothing came of it.
    this.draw()
  }

  /** The person has changed the area. */
  typed(): void {
    if (this.#isComposing) return
    const { value, selectionEnd } = this.#field
    const change = changeBetween(this.#text, value, selectionEnd)
    if (change === undefined) return
    const { at, removed, inserted } = change
    const end = at + removed
    const deleted = [...new Set(this.#ids.slice(at, end))]
    const messages = this.#room.edit({ after: this.#ids[at - 1] ?? null, deleted, inserted })
    this.#text = value
    // Where there was no room for it, what was typed belongs to nobody, and goes as it is drawn.
    const ids = messages.length === 0 ? Array<CharacterId>(inserted.length).fill("") : messages.flatMap(insertedIds)
    this.#ids = [...this.#ids.slice(0, at), ...ids, ...this.#ids.slice(end)]
    this.draw()
  }

  /** Shows the text as it is now; the caret stays between the characters where it was. */
  draw(): void {
    if (this.#isComposing || !this.#room.text.isWhole) return
    const { text, ids } = this.#room.text.shown()
    if (text !== this.#text) {
      const { selectionStart, selectionEnd, selectionDirection, scrollTop } = this.#field
      const start = this.#placeIn(ids, selectionStart)
      const end = selectionEnd === selectionStart ? start : this.#placeIn(ids, selectionEnd)
      this.#field.value = text
      this.#field.setSelectionRange(start, end, selectionDirection)
      this.#field.scrollTop = scrollTop
    }
    this.#text = text
    this.#ids = ids
  }

  /** Behind the nearest character before a place that is still there. */
  #placeIn(ids: readonly CharacterId[], place: number): number {
    for (let before = place - 1; before >= 0; before--) {
      const id = this.#ids[before]
      if (id !== undefined && this.#room.text.isShown(id)) return ids.lastIndexOf(id) + 1
    }
    return 0
  }
}

/** The ids of what a message inserts, by code unit. */
function insertedIds({ insert }: EditMessage): CharacterId[] {
  if (insert === undefined) return []
  const dot = insert.id.indexOf(".") + 1
  const author = insert.id.slice(0, dot)
  const first = Number(insert.id.slice(dot))
  return Array.from(insert.text).flatMap((character, index) =>
    Array<CharacterId>(character.length).fill(`${author}${first + index}`),
  )
}
