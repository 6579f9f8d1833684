import type { ServerEvent } from "@luxbus/server"
import type { BrokerLog } from "./log.ts"

/** Logs what the server tells of itself: `client` and `stream` hold the ids that it is about. */
export function logEvent(log: BrokerLog, event: ServerEvent): void {
  switch (event.type) {
    case "listening":
      log.info({ url: event.url }, "listening")
      break
    case "client-welcomed": {
      const { client, remoteAddress, replaced } = event
      log.info({ client, remoteAddress, replaced }, "client connected")
      break
    }
    case "client-refused": {
      const { client, remoteAddress, error } = event
      log.warn({ client, remoteAddress, ...errorFacts(error) }, "client refused")
      break
    }
    case "client-disconnected": {
      const { client, code, reason } = event
      log.info({ client, closeCode: code, reason }, "client disconnected")
      break
    }
    case "client-gone":
      log.info({ client: event.client }, "client gone")
      break
    case "stream-started":
      log.info(streamFacts(event.stream), "stream started")
      break
    case "stream-ended": {
      const { status, code, exitCode, signal, reason } = event.outcome
      log.info({ ...streamFacts(event.stream), status, code, exitCode, signal, reason }, "stream ended")
      break
    }
    case "stream-removed":
      log.debug(streamFacts(event.stream), "stream removed")
      break
    case "error":
      log.error({ ...(event.stream && streamFacts(event.stream)), ...errorFacts(event.error) }, "error")
      break
  }
}

function streamFacts({
  name,
  epoch,
  writer,
}: {
  readonly name: string
  readonly epoch: number
  readonly writer: string
}) {
  return { stream: name, epoch, client: writer }
}

function errorFacts({ code, message }: { readonly code: string; readonly message: string }) {
  return { code, problem: message }
}
