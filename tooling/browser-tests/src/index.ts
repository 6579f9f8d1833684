export { accessibilityFaults } from "./accessibility.ts"
export { describeInBrowser, openBrowser } from "./browser.ts"
export { cutNetwork, cutNetworkAfter, restoreNetwork, textsShown } from "./page-probe.ts"
export { type Visit, visit } from "./visit.ts"
