// What is unusual is asked at its cell, once, and never in the way of who types on.
import { cell, expect, openForm, ownFacility, signIn, stateOf, status, test } from './help';

test('a figure ten times the largest ever is asked about at the cell, and once', async ({ person, month }) => {
  const page = await person();
  await signIn(page, 'operator', '/');
  const form = `/report/${await ownFacility(page)}/PHC/${month(13)}`;
  await openForm(page, form);
  await cell(page, '1.2.1').focus();
  await page.keyboard.type('9000000');
  await page.keyboard.press('Enter');
  const asked = page.locator('[id="m-1.2.1"]').getByRole('group');
  await expect(asked).toContainText('is ten times the largest figure there ever was');
  await expect(cell(page, '1.2.2')).toBeFocused(); // it is said, and takes nothing away
  await page.keyboard.type('8');

  // corrected: the question leaves no trace
  await asked.getByRole('button', { name: 'Correct it' }).click();
  await expect(cell(page, '1.2.1')).toBeFocused();
  await page.keyboard.type('9'); // what stands there is selected
  await expect(asked).toHaveCount(0);

  // confirmed: the question does not come again, also after the form is opened anew
  await cell(page, '1.2.1').fill('9000000');
  await cell(page, '1.2.2').focus();
  await asked.getByRole('button', { name: 'Yes, it is right' }).click();
  await expect(asked).toHaveCount(0);
  await expect(cell(page, '1.2.2')).toBeFocused();
  await expect(status(page)).toContainText('All saved');
  await page.reload();
  await expect(cell(page, '1.2.1')).toHaveValue('9000000');
  await expect(asked).toHaveCount(0);
  await cell(page, '1.2.1').fill('');
  await cell(page, '1.2.2').fill('');
  await cell(page, '1.2.4').focus();
  await expect(status(page)).toContainText('All saved');
});

test('a date is understood day before month; one after its month is asked about', async ({ person, month }) => {
  const page = await person();
  const period = month(13);
  const [year, number] = period.split('-').map(Number) as [number, number];
  await signIn(page, 'operator', '/');
  await openForm(page, `/report/${await ownFacility(page)}/PHC/${period}/section/M16F`);
  const date = cell(page, '16.1.1');
  await date.fill(`5/4/${String(year - 1).slice(2)}`);
  await cell(page, '16.2.1').focus();
  await expect(date).toHaveValue(`05/04/${year - 1}`);
  const asked = page.locator('[id="m-16.1.1"]').getByRole('group');
  await expect(asked).toHaveCount(0);

  const after = `03/${String((number % 12) + 1).padStart(2, '0')}/${number === 12 ? year + 1 : year}`;
  await date.fill(after.replaceAll('/', '.'));
  await cell(page, '16.2.1').focus();
  await expect(date).toHaveValue(after);
  await expect(asked).toContainText('lies after the month of the report');
  await asked.getByRole('button', { name: 'Yes, it is right' }).click();
  await expect(asked).toHaveCount(0);
  await date.fill('');
  await cell(page, '16.2.1').focus();
  await expect(status(page)).toContainText('All saved');
});

test('what has two readings is not sent; one of them is pressed', async ({ person, month }) => {
  const page = await person();
  await signIn(page, 'operator', '/');
  await openForm(page, `/report/${await ownFacility(page)}/PHC/${month(13)}/section/M2`);
  const first = page.locator('.form-table input').first();
  const item = (await first.getAttribute('id'))!.slice(2);
  await first.fill('nil');
  await first.press('Enter');
  const notes = page.locator(`[id="m-${item}"]`);
  await expect(notes).toContainText('Is 0 or blank (nothing reported) meant?');
  await expect(stateOf(page, item)).toContainText('Not valid');
  await notes.getByRole('button', { name: `Take 0 for` }).click();
  await expect(first).toHaveValue('0');
  await expect(stateOf(page, item)).toContainText(/Saved|Check/);
  await expect(first).not.toBeFocused(); // it goes on
  await first.fill('');
  await first.press('Enter');
  await expect(status(page)).toContainText('All saved');
});
