// Files to take along: extracts and templates, and what is said when there is none.
import { readFileSync } from 'node:fs';

import type { Locator, Page } from './base';
import { DESKTOP, expect, fits, ownFacility, PHONE, signIn, test } from './help';

/** The file that the browser saves when the button is pressed. */
async function saved(page: Page, button: string): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button }).click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync((await download.path())!) };
}

/** Chooses a month; its districts are not those of another month, and come a moment later. */
async function chooseMonth(form: Locator, labels: string[], period: string): Promise<void> {
  const districts = form.page().waitForResponse((r) => r.url().includes('/areas/') && r.url().includes(`period=${period}`));
  for (const label of labels) await form.getByLabel(label).selectOption(period);
  await districts;
  await expect(form.getByLabel('District')).not.toHaveAttribute('aria-busy', 'true');
}

test('the state downloads an extract and a template', async ({ person }) => {
  const page = await person();
  await signIn(page, 'state', '/imports');
  const extract = page.getByRole('form', { name: 'Facility-wise extract' });
  await chooseMonth(extract, ['From month', 'To month'], '2022-05');
  await extract.getByLabel('Form', { exact: true }).selectOption('PHC');
  const district = extract.getByLabel('District');
  const name = await district.locator('option').nth(1).innerText();
  await district.selectOption({ index: 1 });
  await expect(extract.getByLabel('Block')).toContainText(`All of ${name}`);
  const csv = await saved(page, 'Download CSV');
  expect(csv.name).toBe(`extract_PHC_2022-05_${name}.csv`);
  expect(csv.bytes.toString()).toContain('sno,state,zone,district');
  expect(csv.bytes.toString()).toContain(`,${name}(`);
  await expect(extract.getByRole('status')).toContainText('The file is ready');
  await extract.getByLabel('Form', { exact: true }).selectOption('');
  const zip = await saved(page, 'Download ZIP');
  expect(zip.name).toBe(`extract_all_2022-05_${name}.zip`);
  expect(zip.bytes.subarray(0, 2).toString()).toBe('PK');

  const template = page.getByRole('form', { name: 'Templates' });
  await template.getByLabel('Layout').selectOption('long');
  await chooseMonth(template, ['Month'], '2022-06');
  await template.getByLabel('District').selectOption({ index: 1 });
  const book = await saved(page, 'Download the template');
  expect(book.name).toBe(`template_PHC_2022-06_${name}.xlsx`);
  expect(book.bytes.subarray(0, 2).toString()).toBe('PK');
});

test('an operator downloads what the own facility reported', async ({ person }) => {
  const page = await person(PHONE);
  await signIn(page, 'operator', '/');
  await page.locator('.menu-button').click();
  await page.getByRole('link', { name: 'Export' }).click();
  await expect(page.locator('h1')).toHaveText('Export');
  await page.getByLabel('From month').selectOption('2022-05');
  await page.getByLabel('To month').selectOption('2022-05');
  await page.getByLabel('Form', { exact: true }).selectOption('PHC');
  const rows = (await saved(page, 'Download CSV')).bytes.toString().trim().split('\n');
  expect(rows).toHaveLength(2);
  expect(rows[1]).toContain(await ownFacility(page));
  await fits(page);
});

test('what cannot be had is said in words', async ({ person, watched }) => {
  watched.allowed = [/^(404|401) (HEAD|GET) \/api\/v1\/(extract|session)/];
  const page = await person();
  await signIn(page, 'operator', '/export?from=2022-06&to=2022-04&form=DH');
  const button = page.getByRole('button', { name: /^Download/ });
  await button.click();
  await expect(page.getByRole('alert')).toContainText('The last month lies before the first');
  await page.getByLabel('To month').selectOption('2022-06');
  await button.click();
  await expect(page.getByRole('alert')).toContainText('There is nothing to put into the file');
  await page.getByRole('button', { name: 'हिन्दी' }).first().click();
  await expect(page.getByRole('alert')).toContainText('फ़ाइल में रखने को कुछ नहीं है');
  await page.getByRole('button', { name: 'English' }).first().click();

  // the server is out of reach: said, and nothing is saved
  await page.route('**/api/v1/**', (route) => route.abort());
  await button.click();
  await expect(page.locator('.alert.warning')).toContainText('The server cannot be reached');
  await expect(button).toHaveCount(0);
  await page.unroute('**/api/v1/**');
  await expect(button).toBeVisible();

  // the session has ended: the file comes once somebody has signed in again
  await page.context().clearCookies();
  await button.click();
  await expect(page.getByRole('dialog')).toContainText('session');
  await expect(page.getByRole('status').filter({ hasText: 'The file is being made' })).toHaveCount(1);
});

test('the reporting status leads to the extract of its month and area', async ({ person }) => {
  const page = await person(DESKTOP);
  await signIn(page, 'state', '/reporting?period=2022-05');
  const district = page.locator('table.reporting tbody a').first();
  const name = await district.innerText();
  await district.click();
  await expect(page.locator('.report-head')).toContainText(name);
  await page.getByRole('link', { name: 'Facility-wise extract (CSV)' }).click();
  await expect(page.getByLabel('District').locator('option:checked')).toHaveText(name);
  await expect(page.getByLabel('From month')).toHaveValue('2022-05');
  await expect(page.getByLabel('To month')).toHaveValue('2022-05');
});
