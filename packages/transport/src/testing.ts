export type { ConformanceLink, ConformanceSetup, Expectation, TestFunctions } from "./conformance.ts"
export { connectionConformance } from "./conformance.ts"
export { ConnectionRecorder } from "./connection-recorder.ts"
