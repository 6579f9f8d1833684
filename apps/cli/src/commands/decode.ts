import { defineCommand } from "../command.ts"
import { JSON_OPTION } from "../connection-options.ts"
import { framePackets, frameTables } from "../decode/decode-frames.ts"
import { packetLines, packetTables } from "../decode/decode-packets.ts"
import { readWireInput } from "../decode/wire-input.ts"

/** `luxbus decode`: what bytes or JSON off the wire say. */
export const decodeCommand = defineCommand({
  name: "decode",
  usage: "decode [options] <hex|file|->",
  summary: "show what frames and packets off the wire say",
  positionals: [1, 1],
  options: { ...JSON_OPTION },
  notes: [
    "Takes hexadecimal digits, JSON packets, or a file or stdin (-) of either or of raw bytes. Digits may have\nwhite space among them, and comments from # to the line's end; JSON is one message, or one for each line.",
    "Shows a table for each frame, or with --json one packet per line. Streams have the names that a START before\nthem gave. What is wrong is told with its offset, behind all that is right; the exit code is 1 then.",
  ],
  examples: [
    "luxbus decode c503000000000000000000000000000000000003830000",
    "luxbus decode --json recorded.bin",
    'luxbus decode \'{"uid":"job.42","type":"stream","chunk":0,"data":1}\'',
    "xxd -p recorded.bin | luxbus decode -",
  ],
  async run({ options, positionals: [argument = ""], terminal }) {
    const input = await readWireInput(argument)
    for (const text of decoded(input, options.json === true)) await terminal.out(text)
    return 0
  },
})

function decoded(input: Awaited<ReturnType<typeof readWireInput>>, json: boolean) {
  if (input.form === "json") return json ? packetLines(input.text) : packetTables(input.text)
  return json ? framePackets(input.bytes) : frameTables(input.bytes)
}
