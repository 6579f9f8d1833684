import { type JsonObject, utf8Bytes } from "@luxbus/packet"

/** Of one statement, in bytes of JSON: it fits into a frame's fields (4 KiB) with what is around them. */
const PART_BYTES = 3_072

/** As many of a list, from `start` on, as fit into one statement: at least one where there is one. */
export function fittingPart<T>(items: readonly T[], start: number, toJson: (item: T) => JsonObject): JsonObject[] {
  const part: JsonObject[] = []
  let bytes = 0
  for (let index = start; index < items.length; index++) {
    const told = toJson(items[index] as T)
    bytes += utf8Bytes(JSON.stringify(told))
    if (bytes > PART_BYTES && part.length > 0) break
    part.push(told)
  }
  return part
}
