import { MessageReader } from "@luxbus/packet"
import { describeFrame } from "./describe-frame.ts"

/** What brokers write before the frames for each other: docs/protocol.md, section 17. */
const HEADER_BYTES = 25

/** A message between brokers in one line. */
export function describeDatagram(address: string, message: Uint8Array): string {
  const isLink = address.startsWith("node/") || address.startsWith("ordered/")
  const reader = new MessageReader()
  const frames: string[] = []
  reader.load(isLink ? message.subarray(HEADER_BYTES) : message)
  while (reader.next()) frames.push(describeFrame(reader, (alias) => String(alias)))
  return isLink ? [describeHeader(message), ...frames].join("; ") : frames.join("; ")
}

function describeHeader(message: Uint8Array): string {
  const view = new DataView(message.buffer, message.byteOffset)
  const [link, peer, seq, ack] = [9, 13, 17, 21].map((at) => view.getUint32(at))
  return `link ${link} to ${peer}, ${seq === 0 ? "data" : `control ${seq}`}, has ${ack}`
}
