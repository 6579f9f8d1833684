export type { HostedSummary, StreamRef, TopicPolicy } from "@luxbus/dispatcher"
export type { Authenticate, AuthenticateRequest, Principal } from "./principal.ts"
export { createServer, type ListenOptions, Server, type ServerComponents, type ServerOptions } from "./server.ts"
export type { ServerEvent } from "./server-event.ts"
