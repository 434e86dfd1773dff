// What is submitted is read; without a connection every button says what it can do; a report with nothing in it.
import { cell, confirmAll, expect, openForm, ownFacility, signIn, test } from './help';

test('an officer reads the submitted report and is never shown a draft', async ({ person, month }) => {
  const page = await person();
  await signIn(page, 'operator', '/');
  const facility = await ownFacility(page);
  const officer = await person();
  await signIn(officer, 'district', `/report/${facility}/PHC/2022-06`);
  await expect(officer.locator('main')).toContainText(`${facility}-202206-PHC-`);
  await expect(officer.locator('main input, main textarea')).toHaveCount(0);
  await expect(officer.getByRole('button', { name: 'Correct this report' })).toHaveCount(0);
  await openForm(page, `/report/${facility}/PHC/${month(16)}`);
  await cell(page, '1.1').fill('77777');
  await expect(page.locator('.form-bar .status')).toContainText('All saved');
  await officer.goto(`/report/${facility}/PHC/${month(16)}`);
  await expect(officer.locator('h1')).toBeVisible();
  await expect(officer.locator('main')).not.toContainText('77,777');
});

test('without a connection: a form that was not loaded says so, Submit says why it waits', async ({ person, month, watched }) => {
  watched.allowed = [/ERR_INTERNET|ERR_FAILED|NetworkError|Load failed/];
  const page = await person();
  await signIn(page, 'operator', '/');
  const facility = await ownFacility(page);
  await openForm(page, `/report/${facility}/PHC/${month(19)}`);
  await cell(page, '1.1').fill('21');
  await page.locator('.form-bar').getByRole('button', { name: 'Review and submit' }).click();
  await expect(page.getByRole('button', { name: 'Submit the report' })).toBeEnabled();
  await page.context().setOffline(true);
  await page.getByRole('link', { name: 'Back to the form' }).click();
  await cell(page, '1.1').fill('22');
  await expect(page.locator('.form-bar .status')).toContainText('kept on this device');
  await page.locator('.form-bar').getByRole('button', { name: 'Review and submit' }).click();
  await expect(page.getByRole('button', { name: 'Submit the report' })).toBeDisabled();
  await expect(page.locator('#submit-why')).toContainText('No connection; what you typed is kept on this device');
  await page.evaluate((to) => {
    history.pushState(null, '', to);
    dispatchEvent(new PopStateEvent('popstate'));
  }, `/report/${facility}/PHC/${month(20)}`);
  await expect(page.getByRole('status').or(page.getByRole('alert')).filter({ hasText: /no connection/i }).first()).toBeVisible();
  await page.context().setOffline(false);
});

test('a report with nothing in it is no report, unless it is said and explained', async ({ person, month }) => {
  const page = await person();
  await signIn(page, 'doctor', '/');
  const facility = await ownFacility(page);
  const path = `/report/${facility}/PHC/${month(20)}`;
  await openForm(page, path);
  for (const field of await page.locator('.form-table input').all()) if (await field.inputValue()) await field.fill('');
  await cell(page, '1.1').fill('1');
  await expect(page.locator('.form-bar .status')).toContainText('All saved');
  await cell(page, '1.1').fill('');
  await page.locator('.form-bar').getByRole('button', { name: 'Review and submit' }).click();
  const remark = page.locator('[id="remarks.report"]');
  await remark.fill('');
  await page.getByRole('button', { name: 'Submit the report' }).click();
  await expect(page.getByRole('alert')).toContainText('No services were given in this month');
  await expect(page.getByRole('alert')).toContainText('A remark is needed: report');
  await confirmAll(page);
  await remark.fill('The centre was closed for repairs');
  await page.getByRole('button', { name: 'Submit the report' }).click();
  await expect(page).toHaveURL(/\/receipt$/);
});
