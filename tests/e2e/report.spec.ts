// The main job: a month is typed by keyboard, a rule fires, it is explained and submitted, and the
// district reads it.
import { cell, confirmAll, expect, fits, openForm, ownFacility, PHONE, signIn, signInByHand, stateOf, status, test } from './help';

test('a month from the first key to the district’s total', async ({ person, month }) => {
  const period = month(1);
  const registered = String(100 + (Math.floor(Date.now() / 1000) % 800));
  const more = String(Number(registered) + 7);

  const officer = await person();
  await signIn(officer, 'district', `/itemwise?period=${period}&show=none`);
  await expect(officer.locator('.report-head')).toContainText('Provisional, status as on');

  const page = await person();
  await signInByHand(page, 'operator', () => page.goto('/'));
  const facility = await ownFacility(page);
  await page.goto(`/facility/${facility}?period=${period}`);
  await page.locator(`a[href="/report/${facility}/PHC/${period}"]`).click();
  await openForm(page, `/report/${facility}/PHC/${period}`);
  await expect(cell(page, '1.1')).toBeVisible();

  // by keyboard alone: Enter goes on, Devanagari digits count
  await cell(page, '1.1').focus();
  await page.keyboard.type(registered);
  await page.keyboard.press('Enter');
  await expect(cell(page, '1.1.1')).toBeFocused();
  await page.keyboard.type(more);
  await page.keyboard.press('ArrowDown');
  await expect(cell(page, '1.2.1')).toBeFocused();
  await page.keyboard.insertText('१२');
  await page.keyboard.press('Shift+Enter');
  await expect(cell(page, '1.1.1')).toBeFocused();

  // the rule: registered in the first trimester must not exceed registered
  const notes = page.locator('[id="m-1.1.1"]');
  await expect(notes).toContainText('must');
  await expect(notes).toContainText(`${more} against ${registered}`);
  await expect(notes.getByRole('link', { name: 'Change 1.1' })).toBeVisible();
  await expect(stateOf(page, '1.1.1')).toContainText('Check');
  await expect(status(page)).toContainText('All saved');
  await expect(stateOf(page, '1.2.1')).toContainText('Saved');

  // what cannot be a figure stays on the screen and is not sent; Alt+N finds it, Esc takes it back
  await cell(page, '1.2.2').fill('1,234');
  await cell(page, '1.2.4').focus();
  await expect(cell(page, '1.2.2')).toHaveValue('1234');
  await expect(page.locator('[id="m-1.2.2"]')).toContainText('1,234 → 1234');
  await cell(page, '1.2.2').fill('3x');
  await expect(stateOf(page, '1.2.2')).toContainText('Not valid');
  await expect(status(page)).toContainText('1 to settle');
  await cell(page, '1.2.4').focus();
  await page.keyboard.press('Alt+n');
  await expect(cell(page, '1.2.2')).toBeFocused();

  // said first on the review page; nothing is submitted before it is mended
  await page.locator('.form-bar').getByRole('button', { name: 'Review and submit' }).click();
  await page.getByRole('button', { name: 'Submit the report' }).click();
  await expect(page.getByRole('alert')).toContainText('Some figures are not settled');
  await expect(page.locator('#open')).toContainText('3x');
  await page.locator('#open').getByRole('link', { name: 'Go to 1.2.2' }).click();
  await expect(cell(page, '1.2.2')).toBeFocused();
  await expect(cell(page, '1.2.2')).toHaveValue('3x');
  await cell(page, '1.2.2').fill('');

  await page.locator('.form-bar').getByRole('button', { name: 'Review and submit' }).click();
  await expect(page).toHaveURL(/\/review$/);
  const submit = page.getByRole('button', { name: 'Submit the report' });
  await expect(submit).toBeVisible();
  for (const box of await page.locator('textarea').all()) await box.fill(''); // what an earlier run said
  await submit.click();
  await expect(page.getByRole('alert')).toContainText('A remark is needed');
  for (const box of await page.locator('textarea').all()) await box.fill('Outreach camp; counted twice in the register');
  await confirmAll(page);
  await submit.click();

  await expect(page).toHaveURL(/\/receipt$/);
  await expect(page.locator('.receipt-number')).toContainText(new RegExp(`${facility}-${period.replace('-', '')}-PHC-\\d+`));

  // the other session: within two seconds the figure stands in the district
  const row = officer.locator('table.itemwise tr', { has: officer.locator('.chart-button', { hasText: /^1\.1 Total/ }) });
  const submitted = Date.now();
  await expect(async () => {
    await officer.reload();
    await expect(row.locator('td.total').first()).toHaveText(Number(registered).toLocaleString('en-IN'), { timeout: 1000 });
  }).toPass({ timeout: 4000, intervals: [100] });
  expect(Date.now() - submitted).toBeLessThan(4000);

  // and as a chart with its table
  await row.locator('.chart-button').click();
  await expect(officer.locator('figure.chart tbody tr').first()).toBeVisible();

  // opened again it is read, with its receipt; correcting it is an act, and the review says what changes
  await page.goto(`/report/${facility}/PHC/${period}`);
  await expect(page.locator('main')).toContainText(`${facility}-${period.replace('-', '')}-PHC-`);
  await expect(page.locator('.form-table')).toHaveCount(0);
  await page.getByRole('button', { name: 'Correct this report' }).click();
  await expect(cell(page, '1.1')).toHaveValue(registered);
  await cell(page, '1.1').fill(String(Number(registered) + 1));
  await page.locator('.form-bar').getByRole('button', { name: 'Review and submit' }).click();
  await expect(page.locator('section', { has: page.getByRole('heading', { name: /^Changed since version/ }) })).toContainText(
    `${registered} → ${Number(registered) + 1}`,
  );

  // history keeps what was said
  await page.goto(`/report/${facility}/PHC/${period}/history`);
  await expect(page.locator('main')).toContainText('Outreach camp');
});

test('a page left open shows new figures by itself, and does not keep the session alive', async ({ person, month }) => {
  const period = month(21);
  const page = await person();
  await signIn(page, 'operator', '/');
  const facility = await ownFacility(page);
  const officer = await person();
  await signIn(officer, 'district', `/itemwise?period=${period}&show=none`);
  await expect(officer.locator('.report-head')).toContainText('Provisional');
  const polled = officer.waitForRequest((r) => r.url().includes('/api/v1/itemwise?') && r.headers()['hmis-background'] === '1', { timeout: 15_000 });
  const value = String(1000 + (Math.floor(Date.now() / 1000) % 8000));
  const sent = await page.evaluate(
    async ([path, text]) => {
      const session = (await (await fetch('/api/v1/session')).json()) as { csrf_token: string };
      const call = async (method: string, tail: string, body: unknown) =>
        (await fetch(`/api/v1/reports/${path}${tail}`, {
          method, headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': session.csrf_token }, body: JSON.stringify(body),
        })).json() as Promise<{ version: number; remarks_needed?: string[] }>;
      const now = (await (await fetch(`/api/v1/reports/${path}`)).json()) as { version: number };
      let { version } = await call('PATCH', '/draft', { version: now.version, items: { '1.1': Number(text) } });
      const check = await call('POST', '/check', { version });
      const remarks: { items: Record<string, string>; rules: Record<string, string> } = { items: {}, rules: {} };
      for (const name of check.remarks_needed ?? []) {
        const [, kind, key] = /^remarks\.(items|rules)\.(.*)$/.exec(name)!;
        remarks[kind as 'items' | 'rules'][key!] = 'so counted';
      }
      ({ version } = await call('PATCH', '/draft', { version, remarks }));
      return call('POST', '/submit', { version, confirm: ['far_month'] });
    },
    [`${facility}/PHC/${period}`, value],
  );
  expect(sent).toHaveProperty('receipt');
  await polled;
  await expect(officer.locator('table.itemwise td.total').first()).toHaveText(Number(value).toLocaleString('en-IN'), { timeout: 15_000 });
});

test('zero-fill, paste and their undo', async ({ person, month }) => {
  const page = await person();
  await signIn(page, 'operator', '/');
  const facility = await ownFacility(page);
  await openForm(page, `/report/${facility}/PHC/${month(22)}/section/M2`);
  const fields = page.locator('.form-table input');
  await expect(fields.first()).toBeVisible();
  const total = await fields.count();
  await fields.nth(1).fill('4');
  await page.getByRole('button', { name: /^0 for the \d+ empty items$/ }).click();
  await expect(page.locator('.undo')).toContainText(`${total - 1} empty items set to 0`);
  await expect(fields.first()).toHaveValue('0');
  await expect(fields.nth(1)).toHaveValue('4');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(fields.first()).toHaveValue('');
  await expect(fields.nth(1)).toHaveValue('4');

  // copied as a person copies: from a text on the screen
  await page.locator('.icon-button').first().click();
  await page.locator('.remark textarea').fill('11\t9\n1,234\nx\n');
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Control+c');
  await page.locator('.remark textarea').fill('');
  await fields.first().focus();
  await page.keyboard.press('Control+v');
  const dialog = page.getByRole('dialog', { name: 'Paste 3 figures?' });
  await expect(dialog).toContainText('1 of them is not a valid figure');
  await dialog.getByRole('button', { name: 'Fill in' }).click();
  await expect(fields.nth(0)).toHaveValue('11');
  await expect(fields.nth(1)).toHaveValue('1234');
  await expect(fields.nth(2)).toHaveValue('x');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(fields.nth(1)).toHaveValue('4');
  await expect(status(page)).toContainText('All saved');
});

test('on a phone: sections, entry, remark', async ({ person, month }) => {
  const page = await person(PHONE, 'hi');
  await signIn(page, 'doctor', '/');
  const facility = await ownFacility(page);
  await page.goto(`/report/${facility}/PHC/${month(14)}`);
  await expect(cell(page, '1.1')).toBeVisible();
  await fits(page);
  await page.locator('.section-picker summary').click();
  await page.locator('.section-picker a').nth(1).click();
  await expect(page).toHaveURL(/\/section\/M2$/);
  const field = page.locator('.form-table input').first();
  await field.fill('२५');
  const key = (await field.getAttribute('data-key'))!;
  await expect(stateOf(page, key)).toContainText('सहेजा');
  await page.locator('.icon-button').first().click();
  await page.locator('.remark textarea').fill('शिविर');
  await expect(status(page)).toContainText('सहेजा गया');
  await page.reload();
  await expect(field).toHaveValue('25');
  await expect(page.locator('.note', { hasText: 'शिविर' })).toBeVisible();
  await fits(page);
});

test('the filled and the blank form as paper', async ({ person, browserName }) => {
  const page = await person();
  await signIn(page, 'operator', '/');
  const facility = await ownFacility(page);
  await page.goto(`/report/${facility}/PHC/2022-06/paper`);
  await expect(page.locator('.signatures')).toBeVisible();
  const figures = page.locator('.paper td.figure');
  expect((await figures.allInnerTexts()).filter(Boolean).length).toBeGreaterThan(50);
  // Firefox is driven by WebDriver BiDi, which does not know print media
  if (browserName === 'chromium') {
    await page.emulateMedia({ media: 'print' });
    await expect(page.locator('header.top')).toBeHidden();
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(20_000);
    await page.emulateMedia({ media: 'screen' });
  }
  await page.getByRole('button', { name: 'Show the blank form' }).click();
  expect((await figures.allInnerTexts()).filter(Boolean)).toEqual([]);
});
