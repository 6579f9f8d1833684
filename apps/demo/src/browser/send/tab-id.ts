const STORAGE_KEY = "luxbus.tab"
const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
const LENGTH = 4

/** This tab's client id: short enough to be typed, the same after a reload. */
export function tabId(): string {
  const known = sessionStorage.getItem(STORAGE_KEY)
  return known ?? newTabId()
}

/** Another one, where somebody else has this tab's: browsers copy a tab's storage when they duplicate it. */
export function newTabId(): string {
  const random = crypto.getRandomValues(new Uint8Array(LENGTH))
  const id = `tab-${Array.from(random, (byte) => LETTERS[byte % LETTERS.length]).join("")}`
  sessionStorage.setItem(STORAGE_KEY, id)
  return id
}
