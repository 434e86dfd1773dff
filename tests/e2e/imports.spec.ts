// Files as people have them, on the screen: what is asked is answered with the same file, lists are read by
// keyboard, a job is found again when the file is gone.
import { DESKTOP, expect, PHONE, signIn, test } from './help';
import type { Page } from './base';

async function facilityOf(page: Page): Promise<string> {
  return page.evaluate(async () => ((await (await fetch('/api/v1/facilities?type=PHC')).json()) as { facilities: Array<{ code: string }> }).facilities[0]!.code);
}

async function send(page: Page, name: string, text: string): Promise<void> {
  await page.locator('#format').selectOption('long');
  await page.locator('#file').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
  await page.getByRole('button', { name: /Check the file|फ़ाइल जाँचें/ }).click();
  await expect(page).toHaveURL(/\/imports\/\d+$/);
}

test('what is not certain is asked, answered with the same file, and stored', async ({ person, month }) => {
  const page = await person(DESKTOP);
  await signIn(page, 'district', '/imports');
  const facility = await facilityOf(page), period = month(6);
  await send(page, 'saved by a spreadsheet.csv', `facility_code;month;item;value\n${facility};${period};1.1;1,234\n${facility};${period};10.1;1\n${facility};${period};1.1.1;x\n;;;\n`);
  await expect(page.getByRole('heading', { name: 'What is not certain' })).toBeVisible();
  await expect(page.locator('.question legend')).toContainText('10.1');
  await page.getByRole('radio', { name: /^10\.10/ }).check();
  await page.getByRole('tab', { name: /Asked about/ }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tab', { name: /Figures refused/ })).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByRole('tabpanel')).toContainText('A count is a whole number');
  await page.getByRole('button', { name: 'Send again with these answers' }).click();
  await expect(page.getByRole('heading', { name: 'Store what was checked' })).toBeVisible();
  await page.getByRole('button', { name: 'Store it', exact: true }).click();
  await expect(page.locator('main')).toContainText('The file has been loaded');
  const stored = await page.evaluate(async (path) => (await (await fetch(path)).json()) as { items: Record<string, number> }, `/api/v1/reports/${facility}/PHC/${period}`);
  expect(JSON.stringify(stored)).toContain('1234');
});

test('a job opened again on a phone says that the file is gone', async ({ person, month }) => {
  const page = await person(PHONE, 'hi');
  await signIn(page, 'district', '/imports');
  const facility = await facilityOf(page);
  await send(page, 'फ़ाइल.csv', `facility_code,month,item,value\n${facility},${month(5)},1.1,1e3\n`);
  await expect(page.locator('.question')).toBeVisible();
  await page.reload();
  await expect(page.locator('main')).toContainText('फ़ाइल अब यहाँ नहीं है');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await page.locator('.question input').first().check();
  await page.getByRole('button', { name: 'इन उत्तरों के साथ फिर भेजें' }).click();
  await expect(page.getByRole('alert')).toContainText('फ़ाइल चुनें');
});

test('a refused line is led to; what would not be stored is not offered', async ({ person, month }) => {
  const page = await person(DESKTOP);
  await signIn(page, 'district', '/imports');
  const facility = await facilityOf(page);
  await send(page, 'one refused, one asked.csv', `facility_code;month;item;value\n${facility};${month(6)};10.1;1\nNOBODY;${month(6)};1.1;5\n`);
  await expect(page.locator('main')).toContainText(/1 question holds 1 figure back/);
  await expect(page.locator('main')).toContainText('Nothing would be stored from this file as it is.');
  await expect(page.getByRole('button', { name: /^Store it/ })).toHaveCount(0);
  await page.getByRole('button', { name: 'Show where and why' }).click();
  const tab = page.getByRole('tab', { selected: true });
  await expect(tab).toContainText('Rows refused');
  await expect(tab).toBeFocused();
  await expect(page.getByRole('tabpanel')).toContainText('There is no facility with this code');
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download this list' }).click();
  expect((await download).suggestedFilename()).toBe('one refused, one asked_rows_refused.csv');

  // the month of an extract is chosen from a list; what cannot be read at all fails, and nothing of it is offered
  await page.goto('/imports');
  await page.locator('#period').selectOption({ label: 'June 2020' });
  await page.locator('#file').setInputFiles({ name: 'no file of ours.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2\n') });
  await page.getByRole('button', { name: 'Check the file' }).click();
  await expect(page.locator('main')).toContainText('Failed');
  await expect(page.getByRole('button', { name: /^Store it/ })).toHaveCount(0);
});
