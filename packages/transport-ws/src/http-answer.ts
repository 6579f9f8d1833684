import { type ServerResponse, STATUS_CODES } from "node:http"
import type { Duplex } from "node:stream"
import type { Refusal } from "./request-guard.ts"

/** Refuses an upgrade request over its bare socket, and closes that. */
export function refuseUpgrade(socket: Duplex, { status, text }: Refusal): void {
  // The peer may be gone already: that is no error of ours, and unheard it would end the process.
  socket.on("error", () => socket.destroy())
  socket.once("finish", () => socket.destroy())
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "connection: close",
    "content-type: text/plain; charset=utf-8",
    `content-length: ${Buffer.byteLength(text)}`,
  ]
  socket.end(`${head.join("\r\n")}\r\n\r\n${text}`)
}

/** Answers a plain request with a line of text. */
export function respondText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(text)
}
