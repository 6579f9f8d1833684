import type { Random } from "@luxbus/clock"
import { toHex } from "@luxbus/packet"

/** Bytes of a session's secret: nobody guesses it. */
const SECRET_BYTES = 32

/** Makes a session's secret: 32 random bytes in hex. It is the resume token: whoever shows it is the session. */
export function newSecret(random: Random): string {
  return toHex(random.bytes(SECRET_BYTES))
}
