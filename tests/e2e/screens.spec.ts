// Every screen at both sizes and in both languages: axe finds nothing, nothing scrolls sideways.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Page } from './base';
import { DESKTOP, expect, fits, PHONE, signIn, test } from './help';

const axe = readFileSync(join(__dirname, '../../web/node_modules/axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

interface Axe {
  run(context: Document, options: unknown): Promise<{ violations: Array<{ id: string; nodes: Array<{ html: string; failureSummary: string }> }> }>;
}

async function accessible(page: Page): Promise<void> {
  // A field half under the bar that sticks is no small target: it can be scrolled out.
  await page.evaluate(() => document.querySelector<HTMLElement>('.form-bar')?.style.setProperty('position', 'static'));
  const found = await page.evaluate(async (tags) => {
    const { violations } = await (window as unknown as { axe: Axe }).axe.run(document, { runOnly: tags });
    return violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.html.slice(0, 160)} ${n.failureSummary}`).join(' | ')}`);
  }, TAGS);
  expect(found, page.url()).toEqual([]);
}

async function look(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.locator('h1').first()).toBeVisible();
  await expect(page.locator('.loading')).toHaveCount(0);
  await fits(page);
  await accessible(page);
}

const variants = [
  ['desktop, English', DESKTOP, 'en'],
  ['phone, Hindi', PHONE, 'hi'],
] as const;

for (const [name, size, language] of variants) {
  // axe judges the document, not the engine: Firefox looks at the narrow one only
  const both = ({ browserName }: { browserName: string }) => browserName === 'firefox' && size === DESKTOP;
  const later = 'looked at in Chromium';

  test(`signing in: ${name}`, async ({ person, browserName }) => {
    test.skip(both({ browserName }), later);
    const page = await person(size, language);
    await page.context().addInitScript(axe);
    await look(page, '/');
    await page.locator('form.sign-in-form button[type=submit]').click();
    await expect(page.getByRole('alert')).toBeVisible();
    await accessible(page);
  });

  test(`facility staff: ${name}`, async ({ person, month, browserName }) => {
    test.skip(both({ browserName }), later);
    test.setTimeout(120_000);
    const page = await person(size, language);
    await page.context().addInitScript(axe);
    await signIn(page, 'operator', '/');
    const facility = await page.evaluate(async () => ((await (await fetch('/api/v1/session')).json()) as { facilities: Array<{ code: string }> }).facilities[0]!.code);
    const report = `/report/${facility}/PHC/${month(23)}`;
    await look(page, '/');
    await look(page, `/facility/${facility}`);
    await look(page, report);
    // with an error, a warning and an open remark on the screen
    await page.locator('[id="i-1.1"]').fill('5');
    await page.locator('[id="i-1.1.1"]').fill('9');
    await page.locator('[id="i-1.2.1"]').fill('x');
    await page.locator('.icon-button').first().click();
    await expect(page.locator('.form-bar .status')).toContainText(/1 to settle|1 सुलझाना/);
    await page.locator('.remark .button').evaluate((button) => button.scrollIntoView({ block: 'center' }));
    await accessible(page);
    await fits(page);
    for (const path of [`${report}/review`, `${report}/history`, `/report/${facility}/PHC/2022-05/receipt`, `/report/${facility}/PHC/2022-05/history`, `/report/${facility}/PHC/2022-05/paper`, '/reports', '/export', '/account', '/nothing/here'])
      await look(page, path);
  });

  test(`officers: ${name}`, async ({ person, browserName }) => {
    test.skip(both({ browserName }), later);
    test.setTimeout(120_000);
    const page = await person(size, language);
    await page.context().addInitScript(axe);
    await signIn(page, 'state', '/');
    for (const path of ['/', '/itemwise?period=2022-05&chart=1.1', '/itemwise?period=2022-08&columns=months&mode=cumulative&section=M9', '/reporting?period=2022-05', '/validation?period=2022-05&form=PHC', '/validation?period=2022-05&form=PHC&rule=PHC-25', '/imports', '/export', '/reports', '/account'])
      await look(page, path);
  });

  test(`choosing a facility: ${name}`, async ({ person, browserName }) => {
    test.skip(both({ browserName }), later);
    const page = await person(size, language);
    await page.context().addInitScript(axe);
    await signIn(page, 'operator.several', '/');
    await look(page, '/facilities');
    await page.locator('#q').fill('zzzz');
    await expect(page.locator('.empty')).toBeVisible();
    await accessible(page);
  });
}

for (const [name, size, language] of variants)
  test(`a facility and its report, for an officer: ${name}`, async ({ person, browserName }) => {
    test.skip(browserName === 'firefox' && size === DESKTOP, 'looked at in Chromium');
    const page = await person(size, language);
    await page.context().addInitScript(axe);
    await signIn(page, 'state', '/facilities?type=PHC');
    const facility = await page.evaluate(async () => ((await (await fetch('/api/v1/facilities?type=PHC')).json()) as { facilities: Array<{ code: string }> }).facilities[0]!.code);
    await look(page, `/facility/${facility}?period=2022-05`);
    for (const summary of await page.locator('main details > summary').all()) await summary.click();
    await fits(page);
    await accessible(page);
    await look(page, `/report/${facility}/PHC/2022-05`);
    await look(page, `/report/${facility}/PHC/2022-05?filled=1&item=1.1`);
    await look(page, `/report/${facility}/PHC/2024-05`);
    await page.locator(size === PHONE ? '.menu-button' : 'button.unit').click();
    await accessible(page);
    await fits(page);
  });

test('the parts of the frame can be reached by keyboard', async ({ person }) => {
  const page = await person();
  await signIn(page, 'state', '/reporting?period=2022-05');
  await expect(page.locator('h1')).toBeVisible();
  await page.locator('body').press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toBeFocused();
});
