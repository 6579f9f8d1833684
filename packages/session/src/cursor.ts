import { BusError, MAX_NUMBER, toHex } from "@luxbus/packet"

/** Where a reader of a hosted stream or topic stands. It is the application's to keep: it survives a reload. */
export interface Cursor {
  readonly epoch: number
  /** The broker's incarnation, in hex; empty where the epoch alone is enough. */
  readonly incarnation: string
  /** The next number of the main lane. */
  readonly main: number
  /** The next number of the error lane. */
  readonly error: number
}

const MAX_EPOCH = 0xffff_ffff

const CURSOR_TEXT = /^(\d{1,10})-([0-9a-f]{0,16}):(\d{1,16}):(\d{1,16})$/

/** A cursor as text: `epoch-incarnation:main:error`. */
export function formatCursor(cursor: Cursor): string {
  return `${cursor.epoch}-${cursor.incarnation}:${cursor.main}:${cursor.error}`
}

/**
 * Reads a cursor's text.
 * @throws BusError `invalid_argument` when it is none
 */
export function parseCursor(text: string): Cursor {
  const match = CURSOR_TEXT.exec(text)
  if (match !== null) {
    const [, epoch, incarnation = "", main, error] = match
    const cursor = { epoch: Number(epoch), incarnation, main: Number(main), error: Number(error) }
    if (cursor.epoch <= MAX_EPOCH && Math.max(cursor.main, cursor.error) <= MAX_NUMBER) return cursor
  }
  throw new BusError("invalid_argument", `"${text}" is no cursor, such as 1-0123456789abcdef:2:0.`)
}

/** An incarnation in hex; empty if there is none. */
export function formatIncarnation(incarnation: Uint8Array | undefined): string {
  return incarnation === undefined ? "" : toHex(incarnation)
}
