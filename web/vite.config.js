import { defineConfig } from 'vite';

// `npx vite` develops against a running server (script/server); HMIS_DEV_SERVER names another one.
const server = process.env.HMIS_DEV_SERVER ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  server: { proxy: { '/api': server } },
  build: {
    target: 'es2020',
    assetsInlineLimit: 0,
    cssCodeSplit: true,
    manifest: true,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // All that signing in needs is one file: on a slow line every request costs a round trip.
    rolldownOptions: { preserveEntrySignatures: 'allow-extension', output: { codeSplitting: { groups: [
      { name: 'index', test: /node_modules|src\/(main|shell|sign-in|captcha|state|ui|api|i18n|router)\.tsx?$|\.core\.json$/ },
    ] } } },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node', css: true },
});
