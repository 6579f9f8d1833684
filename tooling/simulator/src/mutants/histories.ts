import type { Mutant } from "./mutant.ts"

const HISTORY = "packages/dispatcher/src/topic-history.ts"
const TOPIC = "packages/dispatcher/src/topic.ts"

/** Defects of topics with a history. */
export const HISTORY_MUTANTS: readonly Mutant[] = [
  {
    name: "retained-evicted",
    file: HISTORY,
    search: "if (isLast ? retain || !isTooOld : !isTooMuch && !isTooOld) return",
    replacement: "if (isLast ? !isTooOld : !isTooMuch && !isTooOld) return",
    breaks: "A retained message goes by age.",
    needs: "histories",
  },
  {
    name: "history-one-too-few",
    file: HISTORY,
    search: "const isTooMuch = whole >= messages || ",
    replacement: "const isTooMuch = whole >= messages - 1 || ",
    breaks: "One message fewer is kept than a policy says.",
    needs: "histories",
  },
  {
    name: "history-beyond-its-bytes",
    file: HISTORY,
    search: "this.#journal.heldBytes > bytes",
    replacement: "this.#journal.heldBytes > 64 * bytes",
    breaks: "A history holds more than its bytes.",
    needs: "histories",
  },
  {
    name: "retained-not-given",
    file: TOPIC,
    search: 'if (from.type !== "now" || !this.#retains || this.log.next(Lane.main) === 0) return from',
    replacement: 'if (from.type !== "cursor" || !this.#retains || this.log.next(Lane.main) === 0) return from',
    breaks: "A subscriber from now on does not begin with the retained message.",
    needs: "histories",
  },
]
