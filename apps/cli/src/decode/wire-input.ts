import { readFile } from "node:fs/promises"
import { buffer } from "node:stream/consumers"
import { BusError, decodeUtf8 } from "@luxbus/packet"

/** What is to be decoded: frames, or packets as JSON. */
export type WireInput =
  | { readonly form: "frames"; readonly bytes: Uint8Array }
  | { readonly form: "json"; readonly text: string }

/**
 * Takes what was typed, or the content of a file.
 * @param argument hexadecimal digits, JSON, the path of a file, or `-` for stdin
 * @throws BusError `invalid_argument` for what is none of these
 */
export async function readWireInput(argument: string): Promise<WireInput> {
  if (argument === "-") return ofContent(await buffer(process.stdin))
  const typed = ofText(argument)
  const content = await readFile(argument).catch((cause) => {
    if (typed !== undefined) return undefined
    throw new BusError("invalid_argument", `${printable(argument)} is neither hexadecimal digits, JSON nor a file`, {
      cause,
    })
  })
  return content === undefined ? typed! : ofContent(content)
}

function ofContent(content: Uint8Array): WireInput {
  const text = decodeUtf8(content)
  const read = text === undefined ? undefined : ofText(text)
  return read ?? { form: "frames", bytes: Uint8Array.from(content) }
}

/** Text that stands for frames or packets: neither begins a frame. Digits may have white space and `#` comments. */
function ofText(text: string): WireInput | undefined {
  if (/^\s*[[{]/.test(text)) return { form: "json", text }
  const digits = text.replace(/#.*$/gm, "").replace(/\s/g, "")
  if (digits === "" || !/^[0-9a-f]*$/i.test(digits)) return undefined
  if (digits.length % 2 !== 0) throw new BusError("invalid_argument", "the number of hexadecimal digits is odd")
  return { form: "frames", bytes: Uint8Array.from(Buffer.from(digits, "hex")) }
}

function printable(text: string): string {
  return `"${text.replace(/\p{Cc}/gu, "?").slice(0, 60)}"`
}
