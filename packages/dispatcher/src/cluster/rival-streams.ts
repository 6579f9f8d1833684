import type { JsonObject, JsonValue } from "@luxbus/packet"
import { type Place, SEARCH_MS } from "./directory.ts"

/** What a broker says of a stream that it hosts: `StreamAbout` as JSON. */
export interface StreamAbout {
  /** Client id of who writes it. */
  readonly writer: string
  /** The claim's `seq`, in hexadecimal. */
  readonly seq: string
  /** When it ended, in Unix ms; absent while it is live. */
  readonly finished?: number
}

/** Which of two streams of one name goes on: ours, theirs, ours once it is said to have begun later, or not known yet. */
export type RivalVerdict =
  | { readonly goesOn: "ours" | "theirs" | "unknown" }
  | { readonly goesOn: "ours"; readonly sinceMs: number }

/** What {@link judgeRival} needs of ours beside what other brokers are told. */
export interface OwnPlace extends Place {
  /** For how long it has been here, in ms. */
  readonly ageMs: number
}

/**
 * Two brokers host one name: it was claimed at one before that knew of the other. Each decides by itself, hearing late and
 * not always what the other says; so that they agree, only what never changes again decides: whose claim it is, since
 * when it is here, when it ended.
 *
 * Of one claim, which its writer has taken from one broker to another, the later goes on. Else as at one broker: what was
 * claimed after the other had ended; of two that are live, the earlier, of one writer's the later. A live one that began
 * before the other ended, unheard, goes on as if it had begun behind it.
 */
export function judgeRival(ours: OwnPlace, theirs: Place): RivalVerdict {
  const [us, them] = [ours.about as unknown as StreamAbout, streamAbout(theirs.about)]
  if (them === undefined) return { goesOn: "unknown" }
  const isLater = ours.sinceMs === theirs.sinceMs ? ours.node > theirs.node : ours.sinceMs > theirs.sinceMs
  if (us.seq === them.seq) return { goesOn: isLater ? "ours" : "theirs" }
  if (us.finished !== undefined && them.finished !== undefined) return { goesOn: isLater ? "ours" : "theirs" }
  if (us.finished !== undefined) return { goesOn: theirs.sinceMs > us.finished ? "theirs" : "ours" }
  if (them.finished !== undefined) {
    return ours.sinceMs > them.finished ? { goesOn: "ours" } : { goesOn: "ours", sinceMs: them.finished + 1 }
  }
  if (us.writer === them.writer ? isLater : !isLater) return { goesOn: "ours" }
  // It may have been said before ours began: theirs may have ended since.
  return { goesOn: ours.ageMs < SEARCH_MS ? "unknown" : "theirs" }
}

/** What another broker said of a stream; undefined where that is not to be read. */
export function streamAbout(about: JsonObject): StreamAbout | undefined {
  const { writer, seq, finished }: { readonly [N in keyof StreamAbout]?: JsonValue } = about
  if (typeof writer !== "string" || typeof seq !== "string") return undefined
  if (finished === undefined) return { writer, seq }
  return typeof finished === "number" ? { writer, seq, finished } : undefined
}
