const FALLBACK = "received"
/** What some file system forbids, and characters that could redraw what shows the name: control and direction. */
const UNSAFE = /[\p{Cc}\u202a-\u202e\u2066-\u2069<>:"|?*]/gu

/**
 * The base name of what a sender calls its file: no way out of a folder, nothing that a file system refuses. What is
 * left of nothing is called "received".
 */
export function safeBaseName(name: string): string {
  const base = name.split(/[/\\]/).at(-1) ?? ""
  const safe = base.replace(UNSAFE, "_").trim()
  return /^\.*$/.test(safe) ? FALLBACK : safe
}
