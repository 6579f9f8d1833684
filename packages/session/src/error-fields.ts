import type { BusError, Fields, JsonObject } from "@luxbus/packet"

/** Characters of an error's message that travel; with its details the whole stays well below the 4 KiB of fields. */
const MAX_TEXT_LENGTH = 512
/** Characters of an error's details, as JSON, that travel; at most three bytes each. */
const MAX_DETAILS_LENGTH = 512

/** An error as the fields of an ERROR frame. Details that are too large to travel are left out. */
export function errorFields(error: BusError): Fields {
  const text = error.message.slice(0, MAX_TEXT_LENGTH)
  const detailsLength = JSON.stringify(error.details).length
  if (detailsLength <= 2 || detailsLength > MAX_DETAILS_LENGTH) return { code: error.code, text }
  return { code: error.code, text, details: error.details }
}

/** An error as the `cancel` by which a client, who sends no ERROR frames, resets a stream. */
export function cancelOf(error: BusError): JsonObject {
  return { code: error.code, message: error.message.slice(0, MAX_TEXT_LENGTH) }
}
