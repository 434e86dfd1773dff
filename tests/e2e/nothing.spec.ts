// A month in which there were no services: said from a form nothing was ever typed into.
import { confirmAll, DESKTOP, expect, ownFacility, signIn, test } from './help';

test('no services this month is said without typing a figure', async ({ person, month, watched }) => {
  watched.allowed.push(/^\d+ POST .*\/submit$/); // a month long ago is asked about once more
  const page = await person(DESKTOP);
  await signIn(page, 'operator', '/');
  const facility = await ownFacility(page), period = month(15);
  await page.goto(`/report/${facility}/PHC/${period}`);
  await page.locator('.form-bar').getByRole('button', { name: 'Review and submit' }).click();
  await expect(page.locator('main')).toContainText('Nothing is typed. No services this month?');

  // neither the confirmation nor the remark is left out
  const submit = page.getByRole('button', { name: 'Submit the report' });
  await submit.click();
  await expect(page.getByRole('alert')).toContainText('remark');
  const remark = page.locator('[id="remarks.report"]');
  await remark.fill('The building was flooded all month');
  await expect(remark).toBeFocused();
  await expect(page.getByRole('checkbox')).toHaveCount(1);
  await page.getByRole('checkbox').check();
  await submit.click();
  // a month long ago is asked about besides
  await expect(page.getByRole('alert').or(page.locator('.receipt-number'))).toBeVisible();
  if (!/\/receipt$/.test(page.url())) {
    await confirmAll(page);
    await submit.click();
  }
  await expect(page).toHaveURL(/\/receipt$/);
  const sent = await page.evaluate(
    async (path) => (await (await fetch(path)).json()) as { status: string; remarks: { report?: string }; submitted: { no_services: boolean } },
    `/api/v1/reports/${facility}/PHC/${period}`,
  );
  expect(sent.status).toBe('submitted');
  expect(sent.remarks.report).toBe('The building was flooded all month');
  expect(sent.submitted.no_services).toBe(true);
});
