import { formatView, parseView, type SavedView } from "./saved-view.ts"

const STORAGE_KEY = "luxbus.view"

/** What this tab kept of its viewing of a job, if it was the last one. */
export function loadView(job: string): SavedView | undefined {
  const saved = parseView(sessionStorage.getItem(STORAGE_KEY))
  return saved?.job === job ? saved : undefined
}

/** Keeps where the reader is, for this tab alone, in place of what was kept before. */
export function storeView(view: SavedView | undefined): void {
  if (view === undefined) return
  try {
    sessionStorage.setItem(STORAGE_KEY, formatView(view))
  } catch {
    // Too much for the tab's storage, as bytes that take six characters each may be: the next viewing begins at the start.
    sessionStorage.removeItem(STORAGE_KEY)
  }
}
