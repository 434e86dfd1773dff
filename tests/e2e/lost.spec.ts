// Nothing typed is lost: not by an ended session, a lost connection, a closed page or another person.
import { cell, closeOffline, confirmAll, expect, openForm, ownFacility, signIn, signInByHand, stateOf, status, test } from './help';

test('the session ends in mid-entry: sign in over the page and go on', async ({ person, month, watched }) => {
  watched.allowed = [/^401 PATCH /];
  const page = await person();
  await signIn(page, 'operator', '/');
  const facility = await ownFacility(page);
  await page.goto(`/report/${facility}/PHC/${month(7)}`);
  const value = 30 + (Math.floor(Date.now() / 1000) % 60); // another one in each run
  await cell(page, '1.1').fill(String(value));
  await expect(stateOf(page, '1.1')).toContainText(/Saved|Check/);
  await page.evaluate(async () => {
    const session = (await (await fetch('/api/v1/session')).json()) as { csrf_token: string };
    await fetch('/api/v1/session', { method: 'DELETE', headers: { 'X-CSRF-Token': session.csrf_token } });
  });
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
  await cell(page, '1.1').focus();
  await page.keyboard.type(String(value + 1));
  await page.keyboard.press('Enter'); // its save meets the ended session while the next one is typed
  const [first, ...rest] = String(value - 1);
  await page.keyboard.type(first!);
  const notice = page.getByRole('alert').filter({ hasText: 'Your session has ended' });
  await expect(notice).toBeVisible();
  await expect(cell(page, '1.1.1')).toBeFocused();
  await page.keyboard.type(rest.join(''));
  await expect(cell(page, '1.1.1')).toHaveValue(String(value - 1));
  await expect(dialog).toHaveCount(0);
  await signInByHand(page, 'operator', async () => {
    await notice.getByRole('button', { name: 'Sign in' }).click();
    await expect(dialog.locator('#password')).toBeFocused();
  });
  await expect(dialog).toBeHidden();
  await expect(cell(page, '1.1.1')).toBeFocused();
  await expect(cell(page, '1.1.1')).toHaveValue(String(value - 1));
  await expect(stateOf(page, '1.1.1')).toContainText(/Saved|Check/);
  await page.reload();
  await expect(cell(page, '1.1.1')).toHaveValue(String(value - 1));
});

test('the connection is lost: kept on the device, sent when it is back', async ({ person, month, watched }) => {
  watched.allowed = [/ERR_INTERNET|NetworkError|Load failed/];
  const page = await person();
  await signIn(page, 'operator', '/');
  const facility = await ownFacility(page);
  await page.goto(`/report/${facility}/PHC/${month(8)}`);
  const value = String(10 + (Math.floor(Date.now() / 1000) % 80));
  await expect(cell(page, '1.1')).toBeVisible();
  await page.context().setOffline(true);
  await cell(page, '1.1').fill(value);
  await expect(status(page)).toContainText('1 kept on this device, will be sent');
  await expect(page.locator('.bar-offline')).toContainText('1 figure is kept on this device');
  await page.context().setOffline(false);
  await expect(stateOf(page, '1.1')).toContainText(/Saved|Check/, { timeout: 20_000 });
  await expect(page.locator('.bar-offline')).toBeHidden();
});

test('the page is closed before anything was sent: put back when the report is opened again', async ({ person, month, watched }) => {
  watched.allowed = [/ERR_INTERNET|NetworkError|Load failed/];
  const page = await person();
  await signIn(page, 'operator', '/');
  const facility = await ownFacility(page);
  const form = `/report/${facility}/PHC/${month(9)}`;
  await page.goto(form);
  await expect(cell(page, '1.1')).toBeVisible();
  const value = String(100 + (Math.floor(Date.now() / 1000) % 800));
  await page.context().setOffline(true);
  await cell(page, '1.1').fill(value);
  await expect(status(page)).toContainText('kept on this device');
  await closeOffline(page);
  await page.context().setOffline(false);
  const again = await page.context().newPage();
  await again.goto('/');
  await expect(again.locator('main')).toContainText('Figures on this device have not been sent');
  await again.goto(form);
  await expect(again.locator('main')).toContainText('1 figure typed earlier on this device was put back');
  await expect(cell(again, '1.1')).toHaveValue(value);
  await expect(stateOf(again, '1.1')).toContainText(/Saved|Check/);
  await again.reload();
  await expect(cell(again, '1.1')).toHaveValue(value);
  await expect(again.locator('main')).not.toContainText('put back');
});

test('two people type the same cell: both figures are shown, one is chosen', async ({ person, month, watched }) => {
  watched.allowed = [/^409 PATCH /];
  const one = await person();
  await signIn(one, 'operator', '/');
  const facility = await ownFacility(one);
  const form = `/report/${facility}/PHC/${month(10)}`;
  const other = await person();
  await signIn(other, 'doctor', form);
  await one.goto(form);
  await expect(cell(one, '1.1')).toBeVisible();
  await expect(cell(other, '1.1')).toBeVisible();
  const base = 100 + (Math.floor(Date.now() / 1000) % 800);
  await cell(one, '1.1').fill(String(base));
  await cell(one, '1.2.2').fill(String(base + 5));
  await expect(stateOf(one, '1.2.2')).toContainText(/Saved|Check/);
  await cell(other, '1.1').fill(String(base + 1));
  await cell(other, '1.1.1').focus();
  const said = other.getByRole('alert').filter({ hasText: 'Somebody else changed the same figures' });
  await expect(said).toContainText('1.1');
  // it came by itself: the keys go where they went before, and nothing is chosen by them
  await expect(cell(other, '1.1.1')).toBeFocused();
  await expect(other.getByRole('dialog')).toHaveCount(0);
  await other.keyboard.press('Enter');
  await expect(cell(other, '1.1')).toHaveValue(String(base + 1));
  await expect(status(other)).toContainText('1 to settle');
  await expect(status(other)).not.toContainText('All saved');
  await said.getByRole('button', { name: 'Compare and choose' }).click();
  const dialog = other.getByRole('dialog', { name: 'Somebody else changed the same figures' });
  await expect(dialog).toContainText(`Theirs: ${base}`);
  // what only the first one typed has come over without a question
  await expect(cell(other, '1.2.2')).toHaveValue(String(base + 5));
  await dialog.getByRole('button', { name: `Yours: ${base + 1}` }).click();
  await expect(dialog).toBeHidden();
  await expect(status(other)).toContainText('All saved');
  await one.reload();
  await expect(cell(one, '1.1')).toHaveValue(String(base + 1));
});

test('somebody else submits it meanwhile: what is typed is said to be a correction', async ({ person, month, watched }) => {
  watched.allowed = [/^409 PATCH /];
  const page = await person();
  await signIn(page, 'operator', '/');
  const facility = await ownFacility(page);
  const form = `/report/${facility}/PHC/${month(2)}`;
  await openForm(page, form);
  const value = 10 + (Math.floor(Date.now() / 1000) % 80);
  await cell(page, '1.1').fill(String(value));
  await cell(page, '1.1.1').focus();
  await expect(stateOf(page, '1.1')).toContainText(/Saved|Check/);
  const doctor = await person();
  await signIn(doctor, 'doctor', '/');
  const answer = await doctor.evaluate(async (path) => {
    const session = await (await fetch('/api/v1/session')).json();
    const report = await (await fetch(`/api/v1/reports${path}`)).json();
    const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': session.csrf_token, 'HMIS-Person': String(session.account_id) };
    const call = async (tail: string, body: unknown) => (await fetch(`/api/v1/reports${path}/${tail}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
    const check = await call('check', { version: report.version });
    const items: Record<string, string> = {};
    const rules: Record<string, string> = {};
    for (const name of check.remarks_needed as string[]) {
      const [, kind, ...key] = name.split('.');
      if (kind === 'items') items[key.join('.')] = 'counted twice';
      if (kind === 'rules') rules[key.join('.')] = 'counted twice';
    }
    const saved = await fetch(`/api/v1/reports${path}/draft`, {
      method: 'PATCH', headers, body: JSON.stringify({ version: report.version, remarks: { report: 'counted twice', items, rules } }),
    });
    return call('submit', { version: (await saved.json()).version, confirm: check.confirm_needed });
  }, form.replace('/report', ''));
  expect(answer.receipt, JSON.stringify(answer)).toBeTruthy();
  await page.keyboard.type(String(value - 1));
  await page.keyboard.press('Enter');
  const told = page.getByRole('alert').filter({ hasText: 'Submitted by' });
  await expect(told).toContainText('What you type now is a correction of version');
  await expect(cell(page, '1.1.2').or(cell(page, '1.2.1')).first()).toBeVisible();
  await expect(told.getByRole('link', { name: 'See what was submitted' })).toBeVisible();
  await told.getByRole('button', { name: 'Go on with the correction' }).click();
  await expect(told).toHaveCount(0);
  await expect(page.locator('main')).toContainText('This is a correction of version');
});

test('the draft can be thrown away', async ({ person, month }) => {
  const page = await person();
  await signIn(page, 'operator', '/');
  const facility = await ownFacility(page);
  await page.goto(`/report/${facility}/PHC/${month(11)}`);
  await cell(page, '1.1').fill('12');
  await expect(stateOf(page, '1.1')).toContainText('Saved');
  await page.goto(`/report/${facility}/PHC/${month(11)}/review`);
  await page.getByRole('button', { name: 'Throw the draft away' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Throw the draft away' }).click();
  await expect(page).toHaveURL(new RegExp(`/facility/${facility}`));
  await page.goto(`/report/${facility}/PHC/${month(11)}`);
  await expect(cell(page, '1.1')).toHaveValue('');
});

test('submitted in one tab: another tab of the same person says so before it is typed into', async ({ person, month }) => {
  const one = await person();
  await signIn(one, 'operator', '/');
  const form = `/report/${await ownFacility(one)}/PHC/${month(11)}`;
  await openForm(one, form);
  await cell(one, '1.1').fill(String(100 + (Math.floor(Date.now() / 1000) % 800)));
  await expect(stateOf(one, '1.1')).toContainText('Saved');
  const two = await one.context().newPage();
  await openForm(two, form);
  await one.goto(`${form}/review`);
  await expect(one.getByRole('button', { name: 'Submit the report' })).toBeEnabled();
  for (const box of await one.locator('textarea').all()) await box.fill('Counted twice in the register');
  await confirmAll(one);
  await one.getByRole('button', { name: 'Submit the report' }).click();
  await expect(one).toHaveURL(/receipt$/);
  const told = two.getByRole('alert').filter({ hasText: 'submitted' });
  await expect(told.getByRole('button', { name: 'Go on with the correction' })).toBeVisible();
  await told.getByRole('button', { name: 'Go on with the correction' }).click();
  await expect(two.locator('main')).toContainText('This is a correction of version');
});
