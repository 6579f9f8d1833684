export { testHash } from "./test-hash.ts"
export type { VirtualCarrier, VirtualHandlers } from "./virtual-carrier.ts"
export { VirtualLink, type VirtualLinkComponents, type VirtualLinkOptions } from "./virtual-link.ts"
export { type FrameFaults, NO_FAULTS } from "./virtual-pipe.ts"
