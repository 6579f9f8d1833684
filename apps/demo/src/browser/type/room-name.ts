const DEFAULT_ROOM = "lobby"
const MAX_LENGTH = 40

/** The room that an address names behind `#`: one token of a subject, whatever stands there. */
export function parseRoom(hash: string): string {
  const wanted = new URLSearchParams(hash.replace(/^#/, "")).get("room") ?? ""
  const token = wanted
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, MAX_LENGTH)
    .replace(/^-+|-+$/g, "")
  return token === "" ? DEFAULT_ROOM : token
}

/** The address of a room, from `#` on. */
export function formatRoom(room: string): string {
  return `#${new URLSearchParams({ room })}`
}
