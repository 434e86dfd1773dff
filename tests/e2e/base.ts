// The test runner lives with the web application's packages.
export { defineConfig, expect, test as plain } from '../../web/node_modules/@playwright/test';
export type { BrowserContext, Locator, Page, TestInfo } from '../../web/node_modules/@playwright/test';
